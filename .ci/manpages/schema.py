"""The keys of the configuration (ndissimd --print-schema, TOML) as mdoc(7)."""
import subprocess
import tomllib
from pathlib import Path

from mdoc import argument, escaped, sentences


def load(program: Path) -> dict:
    run = subprocess.run([program, "--print-schema"], check=True, capture_output=True, text=True)
    return tomllib.loads(run.stdout)


def key(one: dict) -> list[str]:
    """A key with its default, its meaning, its range and its flag."""
    meaning = f"{one['meaning']} Must be {one['expectation']}."
    if one["unit"]:
        meaning += f" Unit: {one['unit']}."
    if one["reload"]:
        meaning += " A reload applies a change."
    lines = [f".It Cm {argument(one['name'])} No = {argument(one['default'])}", *sentences(meaning)]
    return [*lines, "Flag:", f".Fl {argument(one['flag'][1:])} ."] if one["flag"] else lines


def keys(schema: dict) -> list[str]:
    """A subsection per table."""
    out: list[str] = []
    for table in schema["table"]:
        title = f"Table {table['name']}" if table["name"] else "Top level"
        if table["array"]:
            title = f"Array of tables {table['name']}"
        out += [f".Ss {escaped(title)}", *sentences(table["about"])]
        if table["array"]:
            out.append(f"At most {table['maximum']} tables.")
        out.append(".Bl -tag -width Ds")
        for one in table["key"]:
            out += key(one)
        out.append(".El")
    return out


def flags(schema: dict) -> dict[str, str]:
    """Which key a flag sets."""
    return {one["flag"]: (table["name"] + "." if table["name"] else "") + one["name"]
            for table in schema["table"] for one in table["key"] if one["flag"]}
