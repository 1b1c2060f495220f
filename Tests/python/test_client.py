"""The parts of the client that need no daemon."""

import inspect
import os

import pytest

from ndissim import DISPATCH_LEVEL, Block, Extent, Section, at_irql, current_irql, make_section
from ndissim.callsite import call_site
from ndissim.layout import fixed_text
from ndissim.provider import Pool
from ndissim.routines import sg_list_buffer_length
from ndissim.transport import find_socket, socket_candidates

PAGE = 4096


def test_socket_search() -> None:
    variables = {"RUNTIME_DIRECTORY": "/r", "XDG_RUNTIME_DIR": "/x", "TMPDIR": "/t"}
    last = f"ndissim-{os.getuid()}/driver"
    assert socket_candidates(variables) == [
        "/r/driver", "/x/ndissim/driver", "/run/ndissim/driver", f"/t/{last}"
    ]
    assert socket_candidates({}) == ["/run/ndissim/driver", f"/tmp/{last}"]
    assert socket_candidates(variables | {"NDISSIM_SOCKET": "/n"}) == ["/n"]


def test_named_socket_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NDISSIM_SOCKET", "/nowhere")
    assert find_socket() == "/nowhere"


def test_irql_belongs_to_its_block() -> None:
    with at_irql(DISPATCH_LEVEL):
        assert current_irql() == DISPATCH_LEVEL
    assert current_irql() == 0


def test_text_is_shortened_between_characters() -> None:
    assert fixed_text("ä" * 15, 32) == "ä".encode() * 15
    assert fixed_text("ä" * 16, 32) == "ä".encode() * 15
    assert fixed_text("x" * 500, 32) == b"x" * 31
    assert fixed_text("a" * 40 + ".py:7", 32, keep_end=True) == b"a" * 26 + b".py:7"
    assert fixed_text("a" + "ä" * 15 + "b", 32, keep_end=True) == "ä".encode() * 15 + b"b"
    with pytest.raises(ValueError):
        fixed_text("\ud800", 32)


def test_call_site_is_the_caller_outside_the_package() -> None:
    line = inspect.currentframe().f_lineno + 1  # type: ignore[union-attr]
    site = call_site()
    assert site == f"{__file__}:{line}"


def test_scatter_gather_buffer() -> None:
    assert sg_list_buffer_length(1) == sg_list_buffer_length(10 * PAGE, True) == 40
    assert sg_list_buffer_length(PAGE + 1) == 64


def test_block_across_extents() -> None:
    section = Section(1, make_section(8 * PAGE), 8 * PAGE)
    extents = [Extent(4 * PAGE, PAGE), Extent(0, PAGE), Extent(6 * PAGE, 100)]
    block = Block(None, 1, 2, 3, section, 1 << 32, extents)  # type: ignore[arg-type]
    data = os.urandom(block.length)
    block.write(data)
    assert block.read() == data
    assert block.read(PAGE - 3, 6) == data[PAGE - 3 : PAGE + 3]
    assert bytes(section.view(Extent(4 * PAGE, PAGE))) == data[:PAGE]
    assert block.scatter_gather_list[0] == ((1 << 32) + 4 * PAGE, PAGE)
    with pytest.raises(IndexError):
        block.write(b"x", block.length)
    with pytest.raises(ValueError):
        block.view
    section.close()


def test_pool_scatters_and_joins() -> None:
    pool = Pool(Section(1, -1, 8 * PAGE), PAGE)
    taken = [pool.take(PAGE, True, 8) for _ in range(8)]
    assert pool.take(1, False, 8) is None
    for extents in taken[::2]:
        pool.give(extents or [])
    assert pool.take(2 * PAGE, True, 8) is None
    assert pool.take(3 * PAGE, False, 2) is None
    scattered = pool.take(2 * PAGE + 1, False, 8)
    assert scattered == [Extent(0, PAGE), Extent(2 * PAGE, PAGE), Extent(4 * PAGE, 1)]
    for extents in [scattered, *taken[1::2]]:
        pool.give(extents or [])
    assert pool.runs == [(0, 8)]
