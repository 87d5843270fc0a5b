"""The catalog: every mutant applies to the system as it is, and changes it into working Python."""

from __future__ import annotations

import ast
import builtins
import pickle
import re
import shutil
import symtable
from collections import Counter
from pathlib import Path

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.environment import locate_system
from crosstalk.oracles import ORACLES, POLICY_ORACLES
from crosstalk.phases.registry import GENERAL
from crosstalk.targets.mutants import MutantDoesNotApplyError, get_mutant, load_catalog
from crosstalk.targets.mutants.planting import FOLDER, SITUATIONS
from tests.repository import ROOT

ORACLE_NAMES = {each.name for each in (*ORACLES, *POLICY_ORACLES)} | {
    make().name for make in GENERAL
}
CATALOG = load_catalog()


@pytest.mark.parametrize("identifier", sorted(CATALOG))
def test_applies_and_leaves_python(identifier: str, tmp_path: Path) -> None:
    mutant = CATALOG[identifier]
    root = mutant.apply(tmp_path)
    for edit in mutant.edits:
        changed = root / "system" / edit.file
        ast.parse(changed.read_text())
        # A leak in code that ends in a NameError shows nothing.
        assert not _undefined(changed.read_text())
        assert changed.read_text() != (locate_system() / "system" / edit.file).read_text()


def _undefined(source: str) -> set[str]:
    """Return the global names that a module uses and neither makes nor imports."""
    module = symtable.symtable(source, "module", "exec")
    made = {each.get_name() for each in module.get_symbols() if _is_made(each)}
    known, left, used = {*made, *dir(builtins), "__file__", "__name__"}, [module], set[str]()
    while left:
        scope = left.pop()
        left += scope.get_children()
        used |= {
            each.get_name()
            for each in scope.get_symbols()
            if each.is_referenced() and (each.is_global() or scope is module)
        }
    return used - known


def _is_made(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def test_undefined_names_are_found() -> None:
    assert _undefined("import os\ndef f(a):\n  b = a\n  return os, b, len, gone") == {"gone"}


@pytest.mark.parametrize("identifier", sorted(CATALOG))
def test_names_its_source_and_an_oracle_that_exists(identifier: str) -> None:
    mutant = CATALOG[identifier]
    assert len(mutant.modelled_on) > 10
    assert mutant.expected_oracle in ORACLE_NAMES


def test_an_entry_that_needs_a_situation_names_its_source() -> None:
    assert all(len(each.source) > 6 for each in CATALOG.values() if each.situation)


def test_each_situation_has_at_least_four_leaks() -> None:
    there = Counter(each.situation for each in CATALOG.values())
    assert all(there[each] >= 4 for each in SITUATIONS)


def test_the_page_counts_the_leaks_that_are_there() -> None:
    page = (ROOT / "docs" / "mutants.md").read_text()
    rows = re.findall(r"^\| ([a-z-]+) \| (\d+) \|", page, re.M)
    there = Counter(each.kind for each in CATALOG.values())
    there.update(each.situation for each in CATALOG.values() if each.situation)
    assert Counter({name: int(count) for name, count in rows}) == there


def test_a_situation_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    catalog = shutil.copytree(FOLDER, tmp_path / "catalog")
    entry = catalog / "queries" / "second-page-without-owner.toml"
    entry.write_text(entry.read_text().replace('situation = "pages"', 'situation = "page"'))
    with pytest.raises(HarnessError, match="situation must be one of many, pages"):
        get_mutant("second-page-without-owner", catalog)


def test_refuses_to_apply_when_the_text_is_gone(tmp_path: Path) -> None:
    (tmp_path / "from/system/store").mkdir(parents=True)
    (tmp_path / "from/system/store/tasks.py").write_text("nothing like it")
    with pytest.raises(MutantDoesNotApplyError, match="occurs 0 times"):
        get_mutant("list-without-filter").apply(tmp_path / "to", tmp_path / "from")


def test_an_unknown_id_is_answered_with_the_nearest() -> None:
    with pytest.raises(HarnessError, match="list-without-filter"):
        get_mutant("list-without-filters")


def test_get_mutant_parses_its_own_entry_alone(tmp_path: Path) -> None:
    catalog = shutil.copytree(FOLDER, tmp_path / "catalog")
    (catalog / "queries" / "get-without-filter.toml").write_text("no entry")
    assert get_mutant("list-without-filter", catalog) == CATALOG["list-without-filter"]
    with pytest.raises(HarnessError, match="not a catalog entry"):
        load_catalog(catalog)


def test_a_parsed_mutant_travels_to_another_process_whole() -> None:
    for mutant in CATALOG.values():
        assert pickle.loads(pickle.dumps(mutant)) == mutant  # noqa: S301 - it was made here
