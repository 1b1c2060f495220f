#!/usr/bin/env python3
"""Generates the dumps of docs/protocol.md from the C headers and Tests/Golden/messages.txt.

Rewrites every block between `<!-- golden:NAME -->` and `<!-- end -->` as an annotated dump of the
golden message NAME. The names and offsets of fields come from the C headers, which are read here.
A table under `<!-- struct:NAME -->` (columns offset, size, name, ...) is compared with the header. The
table of rules is generated from Sources/NDIS/Contract/Reasons/Reason.swift, those of constants, OIDs and other
structures by protocol_reference.py.

    .ci/annotate-golden.py           rewrite the blocks
    .ci/annotate-golden.py --check   change nothing, fail when the document is out of date
"""

import re
import struct
import sys
from pathlib import Path
from typing import NamedTuple

import protocol_reference

ROOT = Path(__file__).resolve().parent.parent
HEADERS = [ROOT / "Sources/CNDIS/include" / n
           for n in ("ndis_abi.h", "ndis_oid.h", "ndis_attributes.h", "ndissim_protocol.h")]
GOLDEN = ROOT / "Tests/Golden/messages.txt"
DOCUMENT = ROOT / "docs/protocol.md"
REASONS = ROOT / "Sources/NDIS/Contract/Reasons/Reason.swift"
SIZES = {"uint8_t": 1, "char": 1, "uint16_t": 2, "uint32_t": 4, "int32_t": 4, "uint64_t": 8}
HEADER_SIZE = 48

# What the body of a golden message is made of. `*` repeats to the end, `text` is the rest as UTF-8,
# `=N NAME` is N bytes of that name. A name that is not here has an empty body.
HANDLE = ["ndissim_handle"]
DRIVER = "ndissim_register_driver"
PARAMETERS = "NDIS_SHARED_MEMORY_PARAMETERS"
FAILURE = ["ndissim_failure", "text"]
STATUS = ["NDIS_STATUS_INDICATION", "=4 status buffer"]
OID = ["NDIS_OID_REQUEST", "=6 input"]
OID_RESULT = ["ndissim_oid_result", "=3 information buffer"]
LIST, BUFFER = "ndissim_net_buffer_list", "ndissim_net_buffer"
SEGMENT, PART = "NET_BUFFER_SHARED_MEMORY", "ndissim_view_segment"
BODIES: dict[str, list[str]] = {
    "hello.request": ["ndissim_hello"],
    "hello.reply": ["ndissim_hello_reply"],
    "statistics.reply": ["ndissim_statistics"],
    "resumed.notification": ["ndissim_resumed"],
    "resume.notification": ["ndissim_resumed"],
    "register_miniport_driver.request": [DRIVER, "NDIS_MINIPORT_DRIVER_CHARACTERISTICS"],
    "register_protocol_driver.request": [DRIVER, "NDIS_PROTOCOL_DRIVER_CHARACTERISTICS"],
    "register_filter_driver.request": [DRIVER, "NDIS_FILTER_DRIVER_CHARACTERISTICS_HEAD"],
    "set_miniport_attributes.request": HANDLE + ["NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES"],
    "register_scatter_gather_dma.request": HANDLE + ["NDIS_SG_DMA_DESCRIPTION"],
    "register_scatter_gather_dma.reply": ["ndissim_register_dma_reply"],
    "register_dma_channel.request": ["ndissim_register_dma_channel", "NDIS_DMA_DESCRIPTION"],
    "register_dma_channel.reply": HANDLE,
    "deregister_dma_channel.request": HANDLE,
    "set_optional_handlers.request": HANDLE + ["NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS"],
    "open_adapter_ex.request": ["ndissim_open_adapter"],
    "allocate_shared_memory.request": ["ndissim_allocate", PARAMETERS],
    "allocate_shared_memory.request_at_dispatch_level": ["ndissim_allocate", PARAMETERS],
    "allocate_shared_memory.reply": ["ndissim_allocate_reply", "*ndissim_extent"],
    "free_shared_memory.request": ["ndissim_free"],
    "m_allocate_shared_memory.request": ["ndissim_m_allocate"],
    "m_allocate_shared_memory.reply": ["ndissim_allocate_reply", "*ndissim_extent"],
    "m_allocate_shared_memory_async_ex.request": ["ndissim_m_allocate"],
    "m_free_shared_memory.request": ["ndissim_m_free"],
    "upcall_shared_memory_allocate_complete.request": [
        "ndissim_upcall_shared_memory_allocate_complete"],
    "offer_section.request": ["ndissim_offer_section"],
    "offer_section.reply": ["ndissim_offer_reply"],
    "upcall_set_options.request": ["ndissim_upcall_set_options"],
    "upcall_initialize_ex.request": ["ndissim_upcall_initialize"],
    "upcall_halt_ex.request": ["ndissim_upcall_adapter"],
    "upcall_pause.request": ["ndissim_upcall_adapter"],
    "upcall_restart.request": ["ndissim_upcall_adapter"],
    "upcall_bind_adapter_ex.request": ["ndissim_upcall_bind"],
    "upcall_unbind_adapter_ex.request": ["ndissim_upcall_unbind"],
    "upcall_allocate_shared_memory.request": ["ndissim_upcall_allocate", PARAMETERS],
    "upcall_allocate_shared_memory.reply": ["ndissim_upcall_allocate_reply", "*ndissim_extent"],
    "upcall_free_shared_memory.request": ["ndissim_upcall_free"],
    "set_hardware_assist_attributes.request": [
        "ndissim_hardware_assist", "NDIS_RECEIVE_FILTER_CAPABILITIES",
        "NDIS_NIC_SWITCH_CAPABILITIES"],
    "set_general_attributes.request": [
        "ndissim_general_attributes", "NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES",
        "=8 supported OIDs"],
    "set_hardware_capabilities.request": [
        "ndissim_hardware_capabilities", "NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES",
        "NDIS_RECEIVE_FILTER_CAPABILITIES", "NDIS_RECEIVE_FILTER_CAPABILITIES",
        "NDIS_NIC_SWITCH_CAPABILITIES"],
    "get_bind_parameters.request": HANDLE,
    "get_bind_parameters.reply": [
        "ndissim_bind_parameters_reply", "NDIS_BIND_PARAMETERS",
        "NDIS_RECEIVE_FILTER_CAPABILITIES"],
    "indicate_status_ex.request": HANDLE + STATUS,
    "upcall_status_ex.request": ["ndissim_upcall_status"] + STATUS,
    "change_adapter.request": ["ndissim_change_adapter"],
    "upcall_net_pnp_event.request": ["ndissim_upcall_net_pnp_event"],
    "oid_request.request": ["ndissim_oid_request"] + OID,
    "oid_request.reply": HANDLE,
    "cancel_oid_request.request": ["ndissim_cancel_oid_request"],
    "miniport_oid_request_complete.request": [
        "ndissim_miniport_oid_request_complete"] + OID_RESULT,
    "upcall_oid_request.request": ["ndissim_upcall_oid_request"] + OID,
    "upcall_oid_request.reply": OID_RESULT,
    "upcall_cancel_oid_request.request": ["ndissim_upcall_cancel_oid_request"],
    "upcall_oid_request_complete.request": ["ndissim_upcall_oid_request_complete"] + OID_RESULT,
    "upcall_oid_request_complete.request_failed": [
        "ndissim_upcall_oid_request_complete", "ndissim_oid_result"] + FAILURE,
    "indicate_receive.request": [
        "ndissim_indicate_receive", LIST, BUFFER, SEGMENT, SEGMENT, BUFFER, SEGMENT,
        LIST, BUFFER, SEGMENT],
    "upcall_receive_net_buffer_lists.request": [
        "ndissim_upcall_receive", LIST, BUFFER, PART, PART, PART, BUFFER, PART, LIST, BUFFER, PART],
    "return_net_buffer_lists.request": ["ndissim_return", "*ndissim_handle"],
    "upcall_return_net_buffer_lists.request": ["ndissim_upcall_return", "*ndissim_handle"],
    "section_view.notification": ["ndissim_section_view"],
    "failure.reply": FAILURE,
    "failure_without_bugcheck.reply": FAILURE,
    "goodbye.notification": FAILURE,
    "section_released.notification": HANDLE,
}
for _name in ("add_adapter", "bind_adapter", "attach_filter"):
    BODIES[_name + ".request"] = ["ndissim_named"]
for _name in ("restart_complete", "complete_bind_adapter_ex", "complete_unbind_adapter_ex",
              "complete_net_pnp_event"):
    BODIES[_name + ".request"] = ["ndissim_completion"]
for _name in ("shutdown_ex", "device_pnp_event_notify"):
    BODIES[f"upcall_{_name}.request"] = ["ndissim_upcall_adapter"]
for _name in ("add_adapter", "bind_adapter", "attach_filter", "open_adapter_ex",
              "register_miniport_driver", "register_protocol_driver", "register_filter_driver"):
    BODIES[_name + ".reply"] = HANDLE
for _name in ("deregister_miniport_driver", "deregister_scatter_gather_dma", "remove_adapter",
              "deregister_protocol_driver", "close_adapter_ex", "unbind_adapter",
              "deregister_filter_driver", "detach_filter", "withdraw_section", "pause_complete"):
    BODIES[_name + ".request"] = HANDLE


class Field(NamedTuple):
    """A field of a structure; `kind` is its C type."""

    offset: int
    size: int
    name: str
    kind: str


def read_headers() -> tuple[dict[str, list[Field]], dict[int, str]]:
    """The structures of the C headers, and the names of the message types."""
    text = "\n".join(path.read_text() for path in HEADERS)
    constants = dict(re.findall(r"#define (\w+) (\d+)\b", text))
    # The numbers of CHANGE_ADAPTER's changes are an enumeration of their own.
    types = {int(n): name for name, n in re.findall(r"NDISSIM_([A-Z_]+) = (\d+)", text)
             if not name.startswith("CHANGE_") or name == "CHANGE_ADAPTER"}
    text = re.sub(r"//.*", "", text)
    found: dict[str, list[Field]] = {}
    for name, content in re.findall(r"struct (\w+) \{(.*?)\n\}", text, re.S):
        fields, offset = [], 0
        for kind, field, count in re.findall(r"(\w+) (\w+)(?:\[([\w +]+)\])?;", content):
            if kind in found:
                size, unit = sum(f.size for f in found[kind]), 1
            else:
                size = unit = SIZES[kind]
            if count:
                size *= sum(int(constants.get(part, part)) for part in count.split(" + "))
            assert offset % unit == 0, f"{name}.{field}: the compiler would pad here"
            fields.append(Field(offset, size, field, kind + ("[]" if count else "")))
            offset += size
        found[name] = fields
    return found, types


def show(field: Field, data: bytes) -> str:
    """A field's value for people."""
    if field.kind == "char[]":
        return '"' + data.split(b"\0")[0].decode() + '"'
    if field.kind == "NDIS_OBJECT_HEADER":
        kind, revision, size = struct.unpack("<BBH", data)
        return f"Type 0x{kind:02X}, Revision {revision}, Size {size}"
    if field.kind.endswith("[]"):
        return "" if any(data) else "zero"
    value = int.from_bytes(data, "little")
    return str(value) if value < 0x1000 else f"0x{value:X}"


def lines_of(offset: int, data: bytes, note: str) -> list[str]:
    """Dump lines of at most 16 bytes; the note is on the first."""
    lines = []
    for start in range(0, len(data), 16):
        part = " ".join(f"{byte:02x}" for byte in data[start : start + 16])
        lines.append(f"{offset + start:04x}  {part:<47}  {note}".rstrip())
        note = ""
    return lines


def dump(name: str, data: bytes) -> list[str]:
    """The annotated dump of a golden message."""
    _, version, kind, flags, length, request, context, status, irql, descriptors = struct.unpack(
        "<IHHIIQQIBB", data[:38]
    )
    assert length == len(data) - HEADER_SIZE, f"{name}: the header's length is wrong"
    named = "|".join(
        flag for bit, flag in ((2, "UPCALL"), (1, "REPLY"), (4, "NOTIFICATION")) if flags & bit
    )
    out = lines_of(
        0, data[:16], f"magic, version {version}, type {kind} {TYPES[kind]}, "
        f"flags {named or 0}, length {length}"
    )
    out += lines_of(16, data[16:32], f"request_id {request}, context {context}")
    text = f"0x{status:08X}" if status else "0"
    out += lines_of(32, data[32:48], f"status {text}, irql {irql}, descriptors {descriptors}")
    position = HEADER_SIZE
    for part in BODIES.get(name, []):
        if part == "text":
            out += lines_of(position, data[position:], f'"{data[position:].decode()}"')
            position = len(data)
            continue
        if part.startswith("="):
            count, label = part[1:].split(" ", 1)
            out += lines_of(position, data[position : position + int(count)], label)
            position += int(count)
            continue
        repeat = part.startswith("*")
        while position < len(data):
            start = position
            for field in STRUCTS[part.lstrip("*")]:
                piece = data[start + field.offset : start + field.offset + field.size]
                if piece:
                    value = show(field, piece)
                    note = f"{field.name} = {value}" if value else field.name
                    out += lines_of(position, piece, note)
                position += len(piece)
            if not repeat:
                break
    assert position == len(data), f"{name}: {len(data) - position} bytes are not explained"
    return out


def check_tables(document: str) -> list[str]:
    """Differences between the document's field tables and the headers."""
    wrong = []
    for name, table in re.findall(r"<!-- struct:(\w+) -->\n+((?:\|.*\n)+)", document):
        lines = table.splitlines()[2:]
        rows = [[cell.strip(" `") for cell in line.split("|")[1:4]] for line in lines]
        expected = [[str(f.offset), str(f.size), f.name] for f in STRUCTS[name]]
        if rows != expected:
            wrong.append(f"table of {name}: {rows} instead of {expected}")
    return wrong


def rules() -> str:
    """The table of rules."""
    cases = re.findall(r"^  case (\w+) = (\d+)$", REASONS.read_text().split("var rule")[0], re.M)
    rows = [f"| {number} | `{name}` |\n" for name, number in sorted(cases, key=lambda c: int(c[1]))]
    return "| number | rule |\n|---:|---|\n" + "".join(rows)


def main() -> int:
    golden = dict(line.split() for line in GOLDEN.read_text().splitlines() if line.strip())
    document = DOCUMENT.read_text()
    used: set[str] = set()

    def block(match: re.Match[str]) -> str:
        used.add(match[1])
        content = "\n".join(dump(match[1], bytes.fromhex(golden[match[1]])))
        return f"<!-- golden:{match[1]} -->\n```text\n{content}\n```\n<!-- end -->"

    new = re.sub(r"<!-- golden:(\S+) -->\n.*?<!-- end -->", block, document, flags=re.S)
    new = protocol_reference.rewrite(new, STRUCTS)
    new, tables = re.subn(r"\| number \| rule \|\n(?:\|.*\n)+", lambda _: rules(), new)
    wrong = check_tables(new) + protocol_reference.missing(new)
    if tables != 1:
        wrong.append("docs/protocol.md has no table of rules, or more than one")
    wrong += [f"{name} of the golden messages is missing" for name in golden if name not in used]
    wrong += [f"{name} ({number}) has no section" for number, name in TYPES.items()
              if f"{name} ({number})" not in new]
    if "--check" in sys.argv[1:]:
        if new != document:
            wrong.append("docs/protocol.md is out of date; run .ci/annotate-golden.py")
    elif new != document:
        DOCUMENT.write_text(new)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


STRUCTS, TYPES = read_headers()

if __name__ == "__main__":
    sys.exit(main())
