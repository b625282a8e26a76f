#!/usr/bin/python3
"""Functions that banned.txt rules out, and a few habits that no compiler warns of."""

import re
import sys
from pathlib import Path

import tree

HABITS = (
    (re.compile(r"^\s*#\s*if\s+0\b"), "code that is switched off: version control keeps it"),
    (re.compile(r"\btypedef\s+(struct|union|enum)\b[^(]*$"), "the word struct is useful: no typedef"),
    (re.compile(r"\btypedef\b.*\b\w+_t\s*;"), "names in _t belong to POSIX"),
)
# The linker's own marks of a section (__start_, __stop_) have no header.
HABITS_IN_C = ((re.compile(r"^\s*extern\b(?!.*\b__(start|stop)_)"),
                "a declaration belongs into a header"),)
MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def banned():
    for line in tree.text(Path("tests/lint/banned.txt")).splitlines():
        if line and not line.startswith("#"):
            folder, word, instead = line.split(None, 2)
            yield "" if folder == "." else folder, re.compile(rf"(?<![\w.>]){word}\s*\("), instead


def main():
    problems = []
    words = list(banned())
    for path in tree.files(".c", ".h"):
        mine = [(word, instead) for folder, word, instead in words
                if str(path).startswith(folder)]
        mine += [(habit, why) for habit, why in
                 HABITS + (HABITS_IN_C if path.suffix == ".c" else ())]
        for number, line in enumerate(tree.code(path).splitlines(), 1):
            for pattern, instead in mine:
                match = pattern.search(line)
                if match:
                    problems.append(f"{path}:{number}: {match[0].strip(' (')}: {instead}")
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if MARKS.search(line):
                problems.append(f"{path}:{number}: an open end; finish it or open an issue")
    return tree.finish(problems)


if __name__ == "__main__":
    sys.exit(main())
