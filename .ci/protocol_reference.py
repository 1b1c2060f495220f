"""The reference tables of docs/protocol.md: constants, OIDs, structures and their revisions.

A block between one of these comments and `<!-- end -->` is rewritten from the sources:

    <!-- constants:GLOB !GLOB ... -->  the constants of the C headers with such names, without those behind a !
    <!-- layout:NAME -->               the fields of a structure
    <!-- revisions -->                 the revisions of Structure.swift
    <!-- oids -->                      the rows of OID+Table.swift
    <!-- general-oids -->              the rows of GeneralOID.swift
    <!-- passed-oids -->               the OIDs of the headers without a row

`missing` names what the headers have and the document does not.
"""
import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = ROOT / "Sources/CNDIS/include"
CONTRACT = ROOT / "Sources/NDIS/Contract/OIDs"
STRUCTURES = ROOT / "Sources/NDIS/Structures/Images/Structure.swift"
VERSIONS = {".sharedMemoryProviders": "6.20", ".vports": "6.30"}
KINDS = {"query": "query", "set": "set", "queryStatistics": "query statistics", "method": "method"}
BLOCK = re.compile(r"(<!-- (constants|layout|revisions|oids|general-oids|passed-oids)(?::([^>]+?))? -->\n)"
                   r".*?<!-- end -->", re.S)

# Constants that need no table: sizes and revisions are in the table of revisions, what is about messages is beside
# these, the last value of an enumeration is no value, and nothing sends yet.
ELSEWHERE = ("*_REVISION_?", "*Max", "*Maximum", "NDISSIM_*_LEVEL", "NDISSIM_MAGIC", "NDISSIM_PROTOCOL_VERSION",
             "NDISSIM_MAXIMUM_MESSAGE", "NDISSIM_FLAG_*", "NDISSIM_NAME_LENGTH", "NDISSIM_SITE_LENGTH",
             "NDISSIM_IF_MAX_STRING", "NDIS_SEND_*")
# Structures of the headers that no message carries.
NOT_SENT = {"NDIS_SCATTER_GATHER_LIST_PARAMETERS", "NET_BUFFER", "NET_DEVICE_PNP_EVENT",
            "NDIS_MINIPORT_INIT_PARAMETERS", "NDIS_MINIPORT_PAUSE_PARAMETERS", "NDIS_MINIPORT_RESTART_PARAMETERS",
            "SCATTER_GATHER_ELEMENT", "SCATTER_GATHER_LIST"}
# What NDIS answers from the general attributes.
INFORMATION = {
    "OID_GEN_DRIVER_VERSION": "minor and major NDIS version of the miniport, a byte each; without attributes too",
    "OID_GEN_SUPPORTED_LIST": "the list of OIDs, 4 bytes each, without those of statistics",
    "OID_GEN_MEDIA_SUPPORTED": "MediaType, 4 bytes", "OID_GEN_MEDIA_IN_USE": "MediaType, 4 bytes",
    "OID_GEN_MAXIMUM_LOOKAHEAD": "LookaheadSize, 4 bytes", "OID_GEN_MAXIMUM_FRAME_SIZE": "MtuSize, 4 bytes",
    "OID_GEN_CURRENT_LOOKAHEAD": "LookaheadSize, 4 bytes", "OID_GEN_MAC_OPTIONS": "MacOptions, 4 bytes",
    "OID_GEN_MEDIA_CONNECT_STATUS": "NDIS_MEDIA_STATE, 4 bytes",
    "OID_GEN_PHYSICAL_MEDIUM": "PhysicalMediumType, 4 bytes; 0 for 802.3",
    "OID_GEN_MAX_LINK_SPEED": "`NDIS_LINK_SPEED`", "OID_GEN_LINK_STATE": "`NDIS_LINK_STATE`",
    "OID_GEN_PHYSICAL_MEDIUM_EX": "PhysicalMediumType, 4 bytes",
    "OID_802_3_PERMANENT_ADDRESS": "PermanentMacAddress, MacAddressLength bytes",
    "OID_802_3_CURRENT_ADDRESS": "CurrentMacAddress, MacAddressLength bytes",
    "OID_802_3_MAXIMUM_LIST_SIZE": "MaxMulticastListSize, 4 bytes",
}


Fields = Sequence[tuple[int, int, str, str]]  # offset, size, name, type in C


class Constant(NamedTuple):
    """A `#define` or a value of an enumeration."""

    name: str
    value: int
    decimal: bool
    note: str


def headers() -> str:
    return "\n".join((INCLUDE / name).read_text() for name in (
        "ndis_abi.h", "ndis_oid.h", "ndis_attributes.h", "ndissim_protocol.h"))


def constants() -> list[Constant]:
    """The constants of the headers; one that is defined twice counts once."""
    note = r"[ \t]*(?://[ \t]*(.*))?$"
    defined = re.findall(rf"^#define (\w+) (?:\(\(uint32_t\))?(0x[0-9A-Fa-f]+|\d+)u?\)?{note}", headers(), re.M)
    for content in re.findall(r"^enum \{(.*?)\}", headers(), re.M | re.S):
        if "NDISSIM_HELLO" not in content:  # the messages have a table of their own
            defined += re.findall(rf"(\w+) = (\d+),?[ \t]*(?://[ \t]*(.*))?", content)
    found: dict[str, Constant] = {}
    for name, value, comment in defined:
        found.setdefault(name, Constant(name, int(value, 0), not value.startswith("0x"), comment.strip()))
    return [c for c in found.values() if not any(fnmatch.fnmatchcase(c.name, glob) for glob in ELSEWHERE)]


def matching(patterns: str) -> list[Constant]:
    wanted = [glob for glob in patterns.split() if glob[0] != "!"]
    unwanted = [glob[1:] for glob in patterns.split() if glob[0] == "!"]
    return [c for c in constants() if any(fnmatch.fnmatchcase(c.name, glob) for glob in wanted)
            and not any(fnmatch.fnmatchcase(c.name, glob) for glob in unwanted)]


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; a last column that is empty is left out, and numbers are to the right."""
    if not any(row[-1] for row in rows):
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    rule = "|".join("---:" if head in ("value", "number", "offset", "size") else "---" for head in heads)
    return f"\n| {' | '.join(heads)} |\n|{rule}|\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows) + "\n"


def constant_table(patterns: str) -> str:
    """Enumerations in the order of the headers, which keeps each together; anything else by value."""
    rows = matching(patterns)
    if not rows:
        raise SystemExit(f"docs/protocol.md: no constant matches {patterns}")
    digits = 8 if max(c.value for c in rows) > 0xFFFF else 4 if max(c.value for c in rows) > 0xFF else 2
    return table(["value", "name", "note"], [
        [str(c.value) if c.decimal else f"0x{c.value:0{digits}X}", f"`{c.name}`", c.note]
        for c in (rows if all(c.decimal for c in rows) else sorted(rows, key=lambda c: c.value))])


def layout_table(name: str, fields: Fields) -> str:
    """The fields of a structure, with the comments of the header."""
    body = re.search(rf"struct {name} \{{(.*?)\n\}}", headers(), re.S)
    notes = dict(re.findall(r"\w+ (\w+)(?:\[[\w +]+\])?;[ \t]*//[ \t]*(.*)", body[1] if body else ""))
    rows = []
    for offset, size, field, kind in fields:
        note = notes.get(field, "padding" if re.fullmatch(r"Reserved\d", field) else "")
        if kind in ("GROUP_AFFINITY", "NDIS_IF_COUNTED_STRING"):
            note = "; ".join(part for part in (f"`{kind}`", note) if part)
        rows.append([str(offset), str(size), f"`{field}`", note])
    return table(["offset", "size", "name", "note"], rows)


def structures() -> dict[str, tuple[str, str, list[tuple[int, str]]]]:
    """By the name in Swift: the name, the object type, and size and version of each revision."""
    text = STRUCTURES.read_text()
    types = {c.name: c.value for c in constants()}
    found = {}
    for swift, content in re.findall(r"public static let (\w+) = Structure\((.*?)(?=\n  (?:///|public))", text, re.S):
        name = re.search(r'"(\w+)"', content)
        kind = re.search(r"type: (\w+)", content)
        revisions = [(int(size), f"{major or short[:1]}.{int(minor or short[1:])}") for size, short, major, minor in
                     re.findall(r"\((\d+), (?:v(\d+)|NDISVersion\((\d+), (\d+)\))\)", content)]
        assert name and revisions, f"Structure.{swift} is not understood"
        found[swift] = (name[1], f"0x{types[kind[1]] if kind else 0x80:02X}", revisions)
    return found


def revision_table() -> str:
    sizes = dict(re.findall(r"#define \w+?_SIZEOF_(\w+) (\d+)", headers()))
    rows = []
    for name, kind, revisions in structures().values():
        short = re.sub(r"^(NDIS|NDISSIM)_", "", name)
        for number, (size, since) in enumerate(revisions, 1):
            macro = sizes.get(f"{short}_REVISION_{number}") or sizes.get(f"{name}_REVISION_{number}")
            assert macro == str(size), f"{name}, revision {number}: {size} bytes in Swift, {macro} in C"
        rows.append([f"`{name}`", kind, ", ".join(
            f"{number}: {size} bytes ({since})" for number, (size, since) in enumerate(revisions, 1))])
    return table(["structure", "type", "revisions"], rows)


def oid_rows() -> list[list[str]]:
    """The rows of OID+Table.swift: OID, version, kind of request, answered by, information buffer."""
    names = {swift: row[0] for swift, row in structures().items()}
    text = (CONTRACT / "OID+Table.swift").read_text()
    content = text.split("rows: [OID] = [", 1)[1].split("\n  ]\n", 1)[0]
    rows = []

    def row(oid: str, since: str, kind: str, by: str, data: list[str]) -> None:
        directions: dict[str, list[str]] = {}
        for direction, item in zip(("in", "out"), data):
            if item != "nil":
                directions.setdefault(names[item[1:]], []).append(direction)
        buffer = "; ".join(f"{', '.join(where)}: `{name}`" for name, where in directions.items())
        rows.append([oid, since, KINDS[kind], by, buffer])

    for piece in re.split(r"\n    (?=vmq\(|switching\(|OID\()", content)[1:]:
        oid, count = re.search(r"\b(OID_\w+)", piece)[1], len(rows)  # type: ignore[index]
        since = VERSIONS[".sharedMemoryProviders" if piece.startswith("vmq") else ".vports"]
        for form, arguments in re.findall(r"\b(ndis|both|asks|sets|frees)\(\s*([^()\[\]]*)", piece):
            parts = [part.strip() for part in arguments.split(",")]
            if form == "ndis":
                row(oid, since, parts[0][1:], "NDIS", parts[1:3])
            elif form in ("both", "asks"):
                by = "NDIS, miniport" if form == "both" else "miniport"
                row(oid, since, parts[0][1:], by, [parts[1], parts[1]])
            else:
                row(oid, since, "set", "miniport" + (" (must succeed)" if form == "frees" else ""),
                    [parts[0], "nil"])
        for kind, must in re.findall(r"Form\(\s*kind: \.(\w+),.*?mustSucceed: (\w+)\)", piece, re.S):
            version = re.search(r"since: NDISVersion\((\d+), (\d+)\)", piece)
            assert version, f"{oid} has no version"
            by = "miniport" + (" (must succeed)" if must == "true" else "")
            row(oid, f"{version[1]}.{version[2]}", kind, by, ["nil", "nil"])
        assert len(rows) > count, f"{oid} is not understood"
    return rows


def numbers() -> dict[str, int]:
    return {c.name: c.value for c in constants() if c.name.startswith("OID_")}


def general() -> list[str]:
    """The OIDs that NDIS answers by itself; the version's is not made from the attributes."""
    rows = re.findall(r'GeneralOID\((OID_\w+), "', (CONTRACT / "GeneralOID.swift").read_text())
    return sorted([*rows, "OID_GEN_DRIVER_VERSION"], key=numbers().__getitem__)


def oid_table() -> str:
    # Two columns: the names of OIDs and structures are too long for one line of a manual page.
    return table(["number", "OID, since, request, answered by, information buffer"], [
        [f"0x{numbers()[oid]:08X}", ", ".join([f"`{oid}`", since, kind, by]) + (f"; {data}" if data else "")]
        for oid, since, kind, by, data in oid_rows()])


def general_table() -> str:
    return table(["number", "OID", "information"], [
        [f"0x{numbers()[name]:08X}", f"`{name}`", INFORMATION[name]] for name in general()])


def passed_table() -> str:
    rest = set(numbers()) - {row[0] for row in oid_rows()} - set(general())
    return table(["number", "OID", ""], [
        [f"0x{numbers()[name]:08X}", f"`{name}`", ""] for name in sorted(rest, key=numbers().__getitem__)])


def rewrite(document: str, layouts: Mapping[str, Fields]) -> str:
    """The document with all blocks of this file made new."""
    makers: dict[str, Callable[[str], str]] = {
        "constants": constant_table, "layout": lambda name: layout_table(name, layouts[name]),
        "revisions": lambda _: revision_table(), "oids": lambda _: oid_table(),
        "general-oids": lambda _: general_table(), "passed-oids": lambda _: passed_table()}
    return BLOCK.sub(lambda block: block[1] + makers[block[2]](block[3] or "") + "<!-- end -->", document)


def missing(document: str) -> list[str]:
    """Constants and structures of the headers, and kinds of blocks, that the document has no table of."""
    shown = {c.name for globs in re.findall(r"<!-- constants:([^>]+?) -->", document) for c in matching(globs)}
    shown |= set(numbers())
    wrong = [f"the constant {c.name} is in no table" for c in constants() if c.name not in shown]
    tables = set(re.findall(r"<!-- (?:struct|layout):(\w+) -->", document))
    wrong += [f"the structure {name} has no table" for name in re.findall(r"struct (\w+) \{\n", headers())
              if name not in tables | NOT_SENT]
    blocks = {match[2] for match in BLOCK.finditer(document)}
    return wrong + [f"there is no block {kind}" for kind in ("revisions", "oids", "general-oids", "passed-oids")
                    if kind not in blocks]
