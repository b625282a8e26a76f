#!/usr/bin/python3
"""C has the shape of .clang-format: one line a file, with the first line that has not."""

import re
import subprocess
import sys

import tree

GENERATED = ("semconv.h",)  # its shape is its generator's


def main():
    files = [str(path) for path in tree.files(".c", ".h") if path.name not in GENERATED]
    done = subprocess.run(["clang-format", "--dry-run", *files], cwd=tree.ROOT, check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    places = re.findall(r"^(\S+\.[ch]):(\d+):\d+: warning:", done.stderr, re.MULTILINE)
    first = {}
    for file, line in places:
        first.setdefault(file, line)
    return tree.finish([f"{file}:{line}: not in shape (clang-format -i)"
                        for file, line in first.items()])


if __name__ == "__main__":
    sys.exit(main())
