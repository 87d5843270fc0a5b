"""The page that follows a request names modules, and names in them, that exist."""

from __future__ import annotations

import re

import pytest

from tests.repository import ROOT

_NAMED = re.compile(r"`([\w/.-]+\.(?:tsx?|py))`\s+`(\w+)`")
PAGE = (ROOT / "docs" / "one-request.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("path", "name"), sorted(set(_NAMED.findall(PAGE))))
def test_page_on_one_request_names_what_its_module_defines(path: str, name: str) -> None:
    below = ROOT if path.startswith("system/") else ROOT / "system"
    code = (below / path).read_text(encoding="utf-8")
    defined = rf"^\s*(export )?(default )?(async )?(def|class|function|const) {name}\b"
    method = rf"^\s+(async )?{name}\("
    assert re.search(defined, code, re.M) or re.search(method, code, re.M), f"{path} has no {name}"


def test_page_on_one_request_has_a_name_for_every_step() -> None:
    steps = re.findall(r"^\| (\d+) \| (.*?) \|", PAGE, re.M)
    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    assert all(_NAMED.search(where) for _, where in steps)
