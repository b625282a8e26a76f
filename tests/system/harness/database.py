"""A database file as the Flask service makes one, made without any code of ours, and questions to
it. Only ever opened by SQLite, and never in a process that the product runs in."""

import contextlib
import sqlite3

SCHEMA = """
CREATE TABLE board (seq INTEGER NOT NULL, title VARCHAR(30), content VARCHAR(2000),
    create_date DATETIME, update_date DATETIME, PRIMARY KEY (seq));
CREATE TABLE log_api (seq INTEGER NOT NULL, user_ip VARCHAR(15), user_id VARCHAR(30),
    start_time DATETIME, end_time DATETIME, call_url VARCHAR(100),
    call_url_parameter VARCHAR(300), PRIMARY KEY (seq));
"""


def create(path, rows=200):
    """Posts 1..rows with texts that tell them apart; the mode lets another user's workers in."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        connection.executemany(
            "INSERT INTO board VALUES (?, ?, ?, ?, ?)",
            ((seq, f"title {seq}", f"content of post {seq}", "2024-06-01 12:00:00.000000",
              "2024-06-01 12:00:01.500000") for seq in range(1, rows + 1)))
        connection.commit()
    path.chmod(0o666)


def add_calls(path, rows):
    """Rows of the call log, by another process, as the Flask service would write them."""
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        connection.executemany(
            "INSERT INTO log_api (user_ip, user_id, start_time, end_time, call_url, "
            "call_url_parameter) VALUES ('192.0.2.1', ?, '2024-06-01 12:00:00.000000', "
            "'2024-06-01 12:00:00.000000', '/board/1', '1')",
            (("u" * 30,) for _ in range(rows)))
        connection.commit()


def query(path, sql, *parameters):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True,
                                            timeout=10)) as connection:
        return connection.execute(sql, parameters).fetchall()


def log_rows(path):
    return query(path, "SELECT count(*) FROM log_api")[0][0]
