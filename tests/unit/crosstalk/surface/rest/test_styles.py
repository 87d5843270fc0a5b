"""Arrays and objects in addresses, headers and cookies: the table of OpenAPI 3.1, 4.8.12.6."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.surface.rest.styles import Style

COLORS = ["blue", "black", "brown"]
SHADES = {"R": 100, "G": 200}


def style(place: str, name: str = "", explode: bool | None = None) -> Style:
    """A style as a document gives it."""
    said: dict[str, Any] = {"in": place}
    if name:
        said["style"] = name
    if explode is not None:
        said["explode"] = explode
    return Style.of(said)


@pytest.mark.parametrize(
    ("how", "value", "pairs"),
    [
        (style("query"), COLORS, [("color", "blue"), ("color", "black"), ("color", "brown")]),
        (style("query", explode=False), COLORS, [("color", "blue,black,brown")]),
        (style("query", "spaceDelimited", False), COLORS, [("color", "blue black brown")]),
        (style("query", "pipeDelimited", False), COLORS, [("color", "blue|black|brown")]),
        (style("query"), SHADES, [("R", "100"), ("G", "200")]),
        (style("query", explode=False), SHADES, [("color", "R,100,G,200")]),
        (style("query", "deepObject", True), SHADES, [("color[R]", "100"), ("color[G]", "200")]),
        (style("query"), True, [("color", "true")]),
        (style("query"), None, [("color", "null")]),
        (style("query"), [], [("color", "[]")]),
        (style("query"), [{"a": 1}], [("color", '[{"a": 1}]')]),
        (style("cookie", explode=False), COLORS, [("color", "blue,black,brown")]),
    ],
)
def test_style_of_a_query_or_cookie(how: Style, value: Any, pairs: list[Any]) -> None:
    assert how.pairs("color", value) == pairs


@pytest.mark.parametrize(
    ("how", "value", "text"),
    [
        (style("path"), COLORS, "blue,black,brown"),
        (style("path"), SHADES, "R,100,G,200"),
        (style("path", explode=True), SHADES, "R=100,G=200"),
        (style("path", "label"), COLORS, ".blue,black,brown"),
        (style("path", "label", True), COLORS, ".blue.black.brown"),
        (style("path", "label", True), SHADES, ".R=100.G=200"),
        (style("path", "matrix"), COLORS, ";color=blue,black,brown"),
        (style("path", "matrix", True), COLORS, ";color=blue;color=black;color=brown"),
        (style("path", "matrix"), SHADES, ";color=R,100,G,200"),
        (style("path", "matrix", True), SHADES, ";R=100;G=200"),
        (style("path"), "a/b?c", "a%2Fb%3Fc"),
        (style("path", "matrix"), "a;b", ";color=a%3Bb"),
        (style("header"), COLORS, "blue,black,brown"),
        (style("header", explode=True), SHADES, "R=100,G=200"),
    ],
)
def test_style_of_a_path_or_header(how: Style, value: Any, text: str) -> None:
    assert how.text("color", value) == text


def test_style_of_a_parameter_that_its_content_describes_is_json() -> None:
    how = Style.of({"in": "query", "content": {"application/json": {}}})
    assert how.pairs("filter", {"a": [1]}) == [("filter", '{"a": [1]}')]
