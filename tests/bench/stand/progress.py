"""What a person sees while it runs: on stderr, so that stdout is the table alone."""

import sys
import time

_START = time.monotonic()


def say(text):
    print(f"{time.monotonic() - _START:6.0f} s  {text}", file=sys.stderr, flush=True)
