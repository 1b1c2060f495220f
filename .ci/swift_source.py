"""Reads Swift sources for the checks of this directory: comments and literals blanked, lines kept.

A check that searches the text itself is misled by a comment that looks like code. `code` returns the text
with every comment and the text of every string literal replaced by spaces; interpolations, which are code,
remain. Offsets and line numbers are those of the file.
"""
import bisect
import functools
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MARKS = re.compile(r'[()#/"]')
SPECIAL = re.compile(r'//|/\*|#*"')
REGEX_LITERAL = re.compile(r"(#+)/.*?/\1", re.DOTALL)


def tracked(*patterns: str) -> list[pathlib.Path]:
    """The files of the repository that match, new ones included, ignored ones not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in sorted(set(listed.split("\0")))
            if name and (path := ROOT / name).is_file()]


@functools.cache
def package() -> dict:
    """The package's description, from Package.swift."""
    run = subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if run.returncode != 0:
        sys.exit("swift package dump-package failed")
    return json.loads(run.stdout)


def blank(text: str) -> str:
    """Spaces in place of everything but the ends of lines."""
    return re.sub(r"[^\n]", " ", text)


def code(text: str) -> str:
    """The text without comments and without the contents of literals, every character at its place."""
    out: list[str] = []
    _copy(text, 0, out, closing=False)
    return "".join(out)


def _copy(text: str, position: int, out: list[str], closing: bool) -> int:
    """Copies code up to the end, or up to the parenthesis that closes an interpolation."""
    depth = 0
    while position < len(text):
        mark = MARKS.search(text, position)
        if mark is None:
            out.append(text[position:])
            return len(text)
        out.append(text[position:mark.start()])
        position = mark.start()
        character = text[position]
        if closing and character == "(":
            depth += 1
        elif closing and character == ")":
            if depth == 0:
                return position
            depth -= 1
        elif character == "#" and (regex := REGEX_LITERAL.match(text, position)):
            out.append(blank(regex[0]))
            position = regex.end()
            continue
        elif character in '/#"' and (start := SPECIAL.match(text, position)):
            if start[0] == "//":
                end = text.find("\n", position)
                end = len(text) if end < 0 else end
                out.append(blank(text[position:end]))
                position = end
            elif start[0] == "/*":
                end = _comment_end(text, position)
                out.append(blank(text[position:end]))
                position = end
            else:
                position = _literal(text, position, start[0].count("#"), out)
            continue
        out.append(character)
        position += 1
    return position


def _comment_end(text: str, position: int) -> int:
    """Comments nest."""
    depth = 0
    for mark in re.compile(r"/\*|\*/").finditer(text, position):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)


def _literal(text: str, position: int, hashes: int, out: list[str]) -> int:
    """A string literal, plain, raw or of several lines: its quotes and interpolations stay."""
    sharps = "#" * hashes
    position += hashes
    out.append(" " * hashes)
    quotes = '"""' if text.startswith('"""', position) else '"'
    out.append(quotes)
    position += len(quotes)
    end, escape, interpolation = quotes + sharps, "\\" + sharps, "\\" + sharps + "("
    while position < len(text):
        if text.startswith(end, position):
            out.append(quotes + " " * hashes)
            return position + len(end)
        if text.startswith(interpolation, position):
            out.append(" " * (len(interpolation) - 1) + "(")
            position = _copy(text, position + len(interpolation), out, closing=True)
            if position < len(text):
                out.append(")")
                position += 1
        elif text.startswith(escape, position):
            end_of_escape = position + len(escape) + 1
            out.append(blank(text[position:end_of_escape]))
            position = end_of_escape
        else:
            if text[position] == "\n" and len(quotes) == 1:
                # No literal goes over the end of its line: this was a quotation mark of something else.
                return position
            out.append("\n" if text[position] == "\n" else " ")
            position += 1
    return position


class Lines:
    """Line numbers of offsets."""

    def __init__(self, text: str) -> None:
        self.starts = [0] + [match.end() for match in re.finditer("\n", text)]

    def number(self, offset: int) -> int:
        return bisect.bisect_right(self.starts, offset)


def closing_brace(text: str, opening: int) -> int:
    """The offset of the brace that closes the one at `opening`, in the result of `code`."""
    depth = 0
    for brace in re.compile(r"[{}]").finditer(text, opening):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.start()
    return len(text) - 1
