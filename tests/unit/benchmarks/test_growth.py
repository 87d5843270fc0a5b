"""Growth's table and picture are made from its points."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from benchmarks.growth import Point, picture, table

_POINTS = [
    Point("list", 1_000, 12, 0.1, ("tasks_pkey",)),
    Point("list", 1_000_000, 14, 0.2, ("tasks_pkey",)),
    Point("statistics", 1_000, 20, 0.4, ("Seq Scan of tasks",)),
    Point("statistics", 1_000_000, 20_000, 400.0, ("Seq Scan of tasks",)),
]


def test_the_table_has_a_row_for_each_point() -> None:
    rows = table(_POINTS).splitlines()
    assert rows[2] == "| list | 1,000 | 12 | 0.10 | `tasks_pkey` |"
    assert rows[-1] == "| statistics | 1,000,000 | 20,000 | 400.00 | `Seq Scan of tasks` |"


def test_the_picture_has_a_line_for_each_curve_that_rises_with_its_pages() -> None:
    root = ElementTree.fromstring(picture(_POINTS))  # noqa: S314 - made here
    lines = [each.get("points", "") for each in root.iter("{http://www.w3.org/2000/svg}polyline")]
    heights = [[float(each.split(",")[1]) for each in line.split()] for line in lines]
    assert [len(each) for each in heights] == [2, 2]
    flat, steep = (first - last for first, last in heights)
    assert 0 < flat < steep
