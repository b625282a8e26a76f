"""Reading and writing the file of a living service, as a well-behaved program does."""

import contextlib
import fcntl
import sqlite3


def query(db, sql, *values):
    with contextlib.closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True,
                                            timeout=10)) as connection:
        return connection.execute(sql, values).fetchall()


@contextlib.contextmanager
def write(db):
    """A connection that may write: under the lock that the workers take."""
    with open(f"{db}.lock", "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        connection = sqlite3.connect(db, timeout=10, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()
