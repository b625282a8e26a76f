"""The rows, one file a family. Importing them registers them, in the order of the table."""

from . import speed, latency, growth, telemetry, life  # noqa: F401
