#!/usr/bin/python3
"""Sizes of files and functions. Errors: a .c above 600 lines, a function above 80, a Makefile
above 200. With --notes also what is above the aim: a function over 60, a header over 200."""

import sys

import tree

FILE_LINES, FUNCTION_LINES, MAKEFILE_LINES = 600, 80, 200
FUNCTION_AIM, HEADER_AIM = 60, 200


def functions(lines):
    """(line of the opening brace, length) of each function: our format puts both braces of a
    function, and of nothing else, alone into the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{":
            start = number
        elif line.rstrip() == "}" and start is not None:
            yield start, number - start + 1
            start = None


def main():
    problems, notes = [], []
    for path in tree.files(".c", ".h"):
        lines = tree.code(path).splitlines()
        if path.suffix == ".c" and len(lines) > FILE_LINES:
            problems.append(f"{path}: {len(lines)} lines, more than {FILE_LINES}: two ideas?")
        if path.suffix == ".h" and len(lines) > HEADER_AIM and "semconv" not in path.name:
            notes.append(f"note: {path}: {len(lines)} lines, a header aims under {HEADER_AIM}")
        for start, length in functions(lines):
            if length > FUNCTION_LINES:
                problems.append(f"{path}:{start}: function of {length} lines, more than "
                                f"{FUNCTION_LINES}")
            elif length > FUNCTION_AIM:
                notes.append(f"note: {path}:{start}: function of {length} lines, more than a "
                             f"screen ({FUNCTION_AIM})")
    makefile = len((tree.ROOT / "Makefile").read_text().splitlines())
    if makefile > MAKEFILE_LINES:
        problems.append(f"Makefile: {makefile} lines, more than {MAKEFILE_LINES}")
    if "--notes" in sys.argv:
        print(*notes, sep="\n")
    return tree.finish(problems)


if __name__ == "__main__":
    sys.exit(main())
