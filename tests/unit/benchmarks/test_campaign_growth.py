"""Growth of a campaign's cost: the system that it runs against, table and picture."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from fastapi.testclient import TestClient

from benchmarks.campaign_growth.__main__ import Point, picture, table
from benchmarks.campaign_growth.server import kinds, make_app

_POINTS = [
    Point(10, 2_000, 8.0, 12.0, "clean"),
    Point(50, 2_000, 9.0, 13.0, "clean"),
    Point(200, 2_000, 12.0, 14.5, "clean"),
    Point(50, 500, 2.0, 3.0, "clean"),
]


@pytest.mark.parametrize("operations", [10, 50, 200])
def test_system_has_as_many_operations_as_it_is_asked_for(operations: int) -> None:
    paths = make_app(operations).openapi()["paths"]
    assert sum(len(each) for each in paths.values()) == operations
    assert len(set(kinds(operations))) == operations // 5


def test_system_keeps_users_apart() -> None:
    client = TestClient(make_app(10))
    alice, bob = ({"Authorization": f"Bearer {each}-token"} for each in ("alice", "bob"))
    made = client.post("/notes", json={"text": "mine"}, headers=alice).json()
    assert client.get("/notes", headers=alice).json() == [made]
    assert client.get("/notes", headers=bob).json() == []
    for method in ("GET", "PATCH", "DELETE"):
        given = {"text": "theirs"} if method == "PATCH" else None
        path = f"/notes/{made['id']}"
        assert client.request(method, path, headers=bob, json=given).status_code == 404
    assert client.get("/notes").status_code == 401


def test_table_and_picture_show_each_campaign() -> None:
    rows = table(_POINTS).splitlines()
    assert rows[2] == "| 10 | 2,000 | 4.00 | 12.0 | clean |"
    assert len(rows) == 6
    root = ElementTree.fromstring(picture(_POINTS))  # noqa: S314 - made here
    lines = [each.get("points", "") for each in root.iter("{http://www.w3.org/2000/svg}polyline")]
    assert [len(each.split()) for each in lines] == [3, 2]
