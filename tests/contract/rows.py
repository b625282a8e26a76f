"""Writing to the file of a living service, as a well-behaved program does: under its lock."""

import contextlib
import fcntl
import sqlite3


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
