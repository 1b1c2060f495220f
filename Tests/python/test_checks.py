"""The checks of .ci are not misled by comments and literals, and report what they are for."""
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

import pytest

CI = Path(__file__).resolve().parents[2] / ".ci"


def load(name: str):
    """A script of .ci as a module; nothing is written beside it."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(CI))
    try:
        loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(CI / name))
        spec = importlib.util.spec_from_loader(loader.name, loader)
        assert spec
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(CI))


SOURCE = '''// import A
/* import B /* nested */ import C */
let text = """
import D
"""
let raw = #"import E "quoted" \\(no)"#; let more = "\\(call("import F")) import G"
@testable public import struct H.Part; import I
'''


def test_comments_and_literals_are_no_code():
    source = load("swift_source.py")
    text = source.code(SOURCE)
    assert len(text) == len(SOURCE)
    assert [line.count("\n") for line in text] == [line.count("\n") for line in SOURCE]
    assert "call(" in text
    assert load("check-imports").IMPORT.findall(text) == ["H", "I"]


def test_lengths_of_functions():
    found = load("check-sources").functions(load("swift_source.py").code('''
protocol P {
  func required(_ a: Int)
  func next() -> Int
}
struct S {
  // func comment() {
  init?(_ a: () -> Void = {}) {
    print("}")
  }
  var value: Int {
    1
  }
  func longer<T>(
    _ closure: (T) -> Int
  ) -> Int where T: Sequence {
    0
  }
}
'''))
    assert found == [("init", 8, 10), ("value", 11, 13), ("longer", 14, 18)]


def test_unreferenced_files():
    check = load("check-sources")
    source = load("swift_source.py")
    root = source.ROOT
    texts = {root / "Sources" / name: source.code(text) for name, text in {
        "A.swift": "struct A { func described() {} }",
        "B.swift": "extension Known { func used() {} }",
        "C.swift": "struct Unused { func described() {} }  // A",
        "D.swift": "func entry(_ a: A) { let Unused2 = a.used(); a.described() }",
        "E.swift": "@main struct Program {}",
        "main.swift": "entry(A())",
    }.items()}
    assert check.unreferenced(texts) == ["Sources/C.swift"]


@pytest.mark.parametrize("text, changed", [
    ("store.blocks[index]", False),
    ("store.blocks[index, \\.length] == 4", False),
    ("store.blocks.capacity", False),
    ("store.blocks.update(index) { $0.state = 1 }", True),
    ("store.blocks.whatever(index)", True),
    ("store.blocks[index].length = 4", True),
    ("store.blocks[index, \\.length] &+= 4", True),
    ("link(store.blocks, index)", True),
    ("change(&store.blocks[index])", True),
])
def test_changes_of_tables(text: str, changed: bool):
    start = text.index("store")
    assert load("check-tables").changes(text, start + len("store.blocks"), start) == changed


@pytest.mark.parametrize("message, right", [
    ("kit: map scattered blocks side by side", True),
    ("hosted miniport, docs: bypass the queue\n\nWhy.", True),
    ("kit: the blocks are mapped", False),
    ("kit: maps scattered blocks", False),
    ("kit: mapped scattered blocks", False),
    ("kit: mapping scattered blocks", False),
    ("Kit: map scattered blocks", False),
    ("kit: Map scattered blocks", False),
    ("map scattered blocks", False),
    ("kit: map scattered blocks.", False),
    ("kit: map scattered blocks\nside by side", False),
    ("kit: map " + "x" * 64, False),
])
def test_subjects_of_commits(message: str, right: bool):
    assert (load("check-commits").problems(message) == []) == right


def test_rows_of_the_module_table():
    text = "| module | contents | imports |\n|---|---|---|\n| `A`, `B` | a | `C`, `D` |\n\n| other | imports |\n|--|--|\n| `E` | `F` |\n"
    assert load("check-imports").table_rows(text) == [(3, ["A", "B"], ["C", "D"])]
