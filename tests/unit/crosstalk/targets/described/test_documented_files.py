"""Files, and parts of files, that the pages show are such as the loader takes."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.targets.described.config import TargetConfig
from tests.repository import ROOT

PAGES = ("targets.md", "policy.md", "howto/login.md", "howto/mcp-server.md", "howto/rest-api.md")
_BLOCK = re.compile(r"^ *```toml[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# What parts of a file are read with: the page says nothing of where the system is.
_PLACES: dict[str, Any] = {
    "mcp": {"url": "http://127.0.0.1:1/mcp"},
    "rest": {"openapi": "http://127.0.0.1:1/openapi.json"},
}
_WHO: dict[str, Any] = {"by": ["bearer"], "token": "{user}"}
_CASES = [
    pytest.param(found[1], id=f"{page}-{text[: found.start()].count(chr(10)) + 1}")
    for page in PAGES
    for text in [(ROOT / "docs" / page).read_text(encoding="utf-8")]
    for found in _BLOCK.finditer(text)
]


def completed(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole file with a part that a page shows."""
    whole = {**part}
    if not {"mcp", "rest"} & set(part) or set(part.get("rest", {})) <= {"skip", "public"}:
        whole["mcp"] = {**_PLACES["mcp"], **part.get("mcp", {})}
        whole["rest"] = {**_PLACES["rest"], **part.get("rest", {})}
    identity = dict(part.get("identity", {}))
    if "login" in identity and "by" not in identity:
        request = {"request": "POST /login", "token": "token"}
        identity |= {"by": ["login"], "login": {**request, **identity["login"]}}
    if any("identity" not in whole[each] for each in ("mcp", "rest") if each in whole):
        whole["identity"] = {**_WHO, **identity} if "by" not in identity else identity
    named = {each for table in part.get("objects", {}).values() for each in table}
    named |= {each["target"] for each in part.get("allowed_flows", []) if "target" in each}
    if named and "users" not in part:
        whole["users"] = {each: {} for each in sorted({*named, "ann", "ben"})}
    return whole


@pytest.mark.parametrize("text", _CASES)
def test_documented_part_of_a_file_is_taken(text: str) -> None:
    part = tomllib.loads(textwrap.dedent(text))
    TargetConfig.model_validate(completed(part))


def test_most_of_the_pages_are_read() -> None:
    assert len(_CASES) >= 25
