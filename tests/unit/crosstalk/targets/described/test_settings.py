"""Settings of each table of a description."""

from __future__ import annotations

import pytest

from crosstalk.targets.described.settings import settings_of


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ((), "confirmed"),
        (("mcp",), "transport"),
        (("mcp", "identity"), "by"),
        (("identity", "login"), "json"),
        (("users", "alice"), "token"),
        (("tools", "GET /x"), "kind"),
        (("allowed_flows", 0), "source"),
    ],
)
def test_settings_of_a_table(where: tuple[str | int, ...], expected: str) -> None:
    assert expected in settings_of(where)


@pytest.mark.parametrize("where", [("nothing",), ("confirmed",), ("mcp", "url", "x")])
def test_no_settings_where_there_is_no_table(where: tuple[str, ...]) -> None:
    assert settings_of(where) == []
