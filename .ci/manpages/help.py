"""The help of a program (--experimental-dump-help of Swift ArgumentParser) as mdoc(7)."""
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from mdoc import argument, escaped, line, literal, sentences


def dump(program: Path) -> dict:
    """The root command of a program."""
    run = subprocess.run([program, "--experimental-dump-help"], check=True, capture_output=True, text=True)
    return json.loads(run.stdout)["command"]


def names_of(option: dict) -> list[str]:
    return [("-" if n["kind"] == "short" else "--") + n["name"] for n in option.get("names", [])]


def main_name(option: dict) -> str:
    """The name without its first dash; the long one if it has one."""
    return max(names_of(option), key=len)[1:]


def synopsis(command: dict) -> list[str]:
    """The arguments of a command as .Op and .Ar lines, positional ones last."""
    result = []
    arguments = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]
    for item in [a for a in arguments if a["kind"] != "positional"]:
        if main_name(item) in ("-help", "-version"):
            continue
        text = f".Op Fl {argument(main_name(item))}"
        if item["kind"] == "option":
            text += f" Ar {argument(item['valueName'])}"
        if item["isRepeating"]:
            text += " ..."
        result.append(text)
    for item in [a for a in arguments if a["kind"] == "positional"]:
        dots = " ..." if item["isRepeating"] else ""
        name = argument(item["valueName"])
        if item.get("parsingStrategy") == "postTerminator":
            result.append(f".Fl \\- Ar {name}{dots}")
        else:
            result.append(f".Op Ar {name}{dots}" if item["isOptional"] else f".Ar {name}{dots}")
    return result


def options(command: dict, *, standard: bool = False, remark: Callable[[str], str] = lambda name: "") -> list[str]:
    """The list of arguments; `standard` includes --help and --version, `remark` adds a sentence to an option."""
    listed = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)
              and (standard or not names_of(a) or main_name(a) not in ("-help", "-version"))]
    if not listed:
        return []
    every = {name for item in listed for name in names_of(item)}
    lines = [".Bl -tag -width Ds"]
    for item in listed:
        if names_of(item):
            names = names_of(item)
            positive = main_name(item).replace("-no-", "--", 1)
            if positive in every and positive != "-" + main_name(item):
                continue  # Listed with its positive form.
            negative = f"--no-{main_name(item)[1:]}"
            names += [negative] if negative in every else []
            spelled = " , ".join(f"Fl {argument(name[1:])}" for name in names)
            if item["kind"] == "option":
                spelled += f" Ar {argument(item['valueName'])}"
        else:
            spelled = f"Ar {argument(item['valueName'])}"
        lines.append(f".It {spelled}")
        lines += sentences(item.get("abstract", ""))
        if item.get("discussion"):
            lines += sentences(item["discussion"])
        if names_of(item) and (added := remark(main_name(item))):
            lines += sentences(added)
        values = item.get("allValues")
        if values:
            lines.append(line(f"One of {', '.join(escaped(v) for v in values)}."))
        if item.get("defaultValue"):
            lines.append(line(f"The default is \\fB{escaped(item['defaultValue'].strip())}\\fP."))
    return [*lines, ".El"]


def discussion(text: str, leave_out: str = "") -> list[str]:
    """Help text: paragraphs, headings in capitals, and indented lines, which are literal."""
    result: list[str] = []
    block: list[str] = []
    paragraph: list[str] = []
    skipping = False

    def flush() -> None:
        if paragraph:
            result.append(".Pp")
            result.extend(sentences(" ".join(paragraph)))
            paragraph.clear()
        while block and not block[-1].strip():
            block.pop()
        if block:
            indent = min(len(t) - len(t.lstrip()) for t in block if t.strip())
            result.extend(literal([t[indent:] for t in block]))
            block.clear()

    for text_line in text.split("\n"):
        is_heading = bool(re.fullmatch(r"[A-Z][A-Z ,]+:?", text_line))
        if is_heading:
            flush()
            skipping = bool(leave_out) and text_line.startswith(leave_out)
            if not skipping:
                result.extend([".Pp", f".Sy {argument(text_line.capitalize().rstrip(':'))} :"])
        elif skipping:
            continue
        elif text_line.startswith("  ") or (block and not text_line.strip()):
            if paragraph:
                flush()
            block.append(text_line)
        elif text_line.strip():
            if block:
                flush()
            paragraph.append(text_line)
        else:
            flush()
    flush()
    return result


def exit_statuses(text: str) -> list[str]:
    """The section from the table under EXIT STATUS in the help."""
    found = re.search(r"^EXIT STATUS\n((?:\s+\d+  .*\n?)+)", text, re.M)
    if not found:
        return []
    rows = re.findall(r"^\s+(\d+)  (.*)$", found[1], re.M)
    lines = [".Sh EXIT STATUS", ".Bl -tag -width Ds"]
    for number, meaning in rows:
        lines += [f".It {number}", *sentences(meaning[0].upper() + meaning[1:] + ".")]
    return [*lines, ".El", "Additional statuses are described with their subcommands."]


def subcommand(command: dict, parents: list[str]) -> list[str]:
    words = [*parents, command["commandName"]]
    out = [f".Ss {' '.join(argument(w) for w in words)}"]
    out += [".Nm ndisctl", " ".join([".Cm", *(argument(w) for w in words)]), *synopsis(command), ".Pp"]
    out += sentences(command.get("abstract", ""))
    out += discussion(command.get("discussion", ""))
    listed = options(command)
    if listed:
        out += [".Pp", *listed]
    for inner in command.get("subcommands", []):
        if inner.get("shouldDisplay", True) and inner["commandName"] != "help":
            out += subcommand(inner, words)
    return out
