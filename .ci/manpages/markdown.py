"""The parts of Markdown that docs/protocol.md uses, as mdoc(7) with tbl(7)."""
import re

from mdoc import inline, line, literal, sentences

# The dumps of docs/protocol.md that the manual page contains as examples.
SHOWN_DUMPS = {"hello.request", "hello.reply"}


def table(rows: list[str]) -> list[str]:
    """A Markdown table as tbl; the column with the longest text takes the remaining width."""
    cells = [[c.strip() for c in re.split(r"(?<!\\)\|", row.strip().strip("|"))] for row in rows]
    heads, marks, body = cells[0], cells[1], cells[2:]
    width = len(heads)
    body = [(row + [""] * width)[:width] for row in body]
    longest = [max((len(row[i]) for row in body), default=0) for i in range(width)]
    wide = max(range(width), key=lambda i: (longest[i], i))
    # A narrow gap between the columns of a wide table.
    gap = "1" if sum(max(a, len(b)) for a, b in zip(longest, heads)) + 3 * width > 74 else "3"
    gaps = [gap] * (width - 1) + [""]
    kinds = [("r" if mark.endswith(":") else "l") + ("x" if i == wide else "") + gaps[i]
             for i, mark in enumerate(marks)]
    out = [".TS", "tab(@);", " ".join(f"lb{g}" for g in gaps), " ".join(kinds) + "."]
    out.append("@".join(inline(h) for h in heads))
    for row in body:
        fields = [inline(c.replace("\\|", "|")).replace("@", "\\(at") for c in row]
        text = ""
        for i, field in enumerate(fields):
            text += "@" if i else ""
            text += "T{\n" + (line(field) or "\\&") + "\nT}" if i == wide else field
        out.append(text)
    return [*out, ".TE"]


def markdown(text: str) -> list[str]:
    """The lines of a document."""
    out: list[str] = []
    lines = text.split("\n")
    index = 0

    def follows(pattern: str) -> bool:
        return index < len(lines) and re.match(pattern, lines[index]) is not None

    while index < len(lines):
        current = lines[index]
        golden = re.match(r"<!-- golden:(\S+) -->", current)
        if golden and golden[1] not in SHOWN_DUMPS:
            while not lines[index].startswith("<!-- end"):
                index += 1
            index += 1
        elif current.startswith("<!--") or not current.strip():
            index += 1
        elif current.startswith("```"):
            end = index + 1
            while not lines[end].startswith("```"):
                end += 1
            out += literal(lines[index + 1:end])
            index = end + 1
        elif heading := re.match(r"(#+) (.*)", current):
            level = len(heading[1])
            words = inline(heading[2])
            out.append({1: "", 2: f".Sh {words.upper()}", 3: f".Ss {words}"}.get(level, f".Pp\n.Sy {words}"))
            index += 1
        elif current.startswith("|"):
            end = index
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            out += [".Pp", *table(lines[index:end])]
            index = end
        elif item := re.match(r"(\*|-|\d+\.) +", current):
            kind = "-enum" if item[1][0].isdigit() else "-bullet"
            out.append(f".Bl {kind}")
            while follows(r"(\*|-|\d+\.) +"):
                words = [re.sub(r"^(\*|-|\d+\.) +", "", lines[index])]
                index += 1
                while index < len(lines) and lines[index].startswith(("  ", "\t")):
                    words.append(lines[index].strip())
                    index += 1
                out += [".It", *sentences(" ".join(words))]
            out.append(".El")
        else:
            words = []
            while index < len(lines) and lines[index].strip() and not lines[index].startswith(
                    ("|", "```", "#", "<!--", "* ", "- ")):
                words.append(lines[index])
                index += 1
            out += [".Pp", *sentences(" ".join(words))]
    return [part for part in out if part]
