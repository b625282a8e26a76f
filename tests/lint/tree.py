"""The tree as the checks see it: files under version control or new and not ignored, and C
source with comments and texts blanked, so that a check never trips over prose."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files(*suffixes):
    """Paths relative to the root, sorted; with suffixes, only those that end in one of them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if listed.returncode == 0:
        names = {Path(name) for name in listed.stdout.decode().split("\0") if name}
    else:  # a tarball: no version control, no ignored files but what a build left
        names = {path.relative_to(ROOT) for path in ROOT.rglob("*")
                 if path.relative_to(ROOT).parts[0] not in ("build", "var", ".git")}
    return sorted(name for name in names
                  if (ROOT / name).is_file() and (not suffixes or name.suffix in suffixes))


def text(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


_NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code(path):
    """C source in which comments, texts and characters are spaces; line numbers stay."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return _NOT_CODE.sub(blank, text(path))


def finish(problems):
    """Prints the problems, one a line, and gives the exit status."""
    for problem in problems:
        print(problem)
    return 1 if problems else 0
