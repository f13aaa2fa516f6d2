"""docs/faults.md has a row for every fault that is tested, and every fault of the local Kraken has both."""

import ast
import re
from pathlib import Path

import pytest
from fault_cases import CASES

from host import ROOT
from host.exchange.faults.catalogue import KINDS

_ROW = re.compile(r"^\| `([a-z0-9-]+)` \|(.*)\|$")
_TESTS = Path(__file__).parent
# Tests of more than one fault, or of the table itself.
_NO_ROW = re.compile(r"a-dropped|memory-is|maintenance-is|every-fault|each-row|fault$")


def rows():
    text = (ROOT / "docs" / "faults.md").read_text()
    return {found[1]: found[2] for found in map(_ROW.match, text.splitlines()) if found}


def _tested():
    """The faults that have a test of their name, or are a parameter of one."""
    names = {case.name for case in CASES}
    for path in _TESTS.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                name = node.name.removeprefix("test_").replace("_", "-")
                if not _NO_ROW.search(name):
                    names.add(name)
            elif isinstance(node, ast.Constant) and str(node.value).startswith("rest-"):
                names.add(node.value)
    return names - {"rest-"}


def test_every_fault_is_in_the_table_and_has_a_test():
    assert rows().keys() == _tested()
    assert KINDS.keys() <= rows().keys()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_each_row_says_what_its_test_sees(case):
    row = rows()[case.name]
    for word in (case.stale, *case.downs):
        if word:
            assert f"`{word}`" in row
    for record in case.said:
        assert f"`{record['st']}`" in row
