"""The predicted boundary of each declared topology, its cycle and drawings."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from crosstalk.deadlock.cycle import find_cycle, sentence
from crosstalk.deadlock.search import predict
from crosstalk.deadlock.topologies import Sizes, topologies
from crosstalk.report.cycle_drawing import mermaid, svg


@pytest.mark.parametrize(
    "name",
    [
        "separate",
        "separate-through-rest",
        "separate-hybrid",
        "mounted-nothing-held",
        "shared-singleton-connection",
    ],
)
def test_topology_that_holds_nothing_while_waiting_never_stalls(name: str) -> None:
    assert predict(topologies()[name]).boundary is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mounted-held-session", 15),
        ("separate-held-sync-session", 16),
        ("mounted-sync-endpoints", 40),
    ],
)
def test_topology_stalls_from_a_certain_number_of_requests_on(name: str, expected: int) -> None:
    # 15 and 16 are what a running system of that form was measured at, with a pool of 15.
    assert predict(topologies()[name]).boundary == expected


@pytest.mark.parametrize("workers", [4, 12])
def test_callbacks_stall_when_every_worker_waits_for_one(workers: int) -> None:
    # Of the default of 40 the search takes ten seconds.
    declared = topologies(Sizes(workers=workers))
    assert predict(declared["separate-callback-bounded-workers"]).boundary == workers


def test_boundary_follows_the_sizes() -> None:
    small = topologies(Sizes(pool=3, workers=2))
    assert predict(small["mounted-held-session"]).boundary == 3
    assert predict(small["separate-held-sync-session"]).boundary == 4
    assert predict(small["mounted-sync-endpoints"]).boundary == 2


def test_cycle_is_described_in_one_sentence() -> None:
    declared = topologies(Sizes(pool=4))
    held = predict(declared["mounted-held-session"]).stall
    assert held is not None
    assert sentence(find_cycle(held)) == (
        "4 chats hold 4 of 4 backend pool connections and wait for another backend pool "
        "connection, which no other request can release"
    )
    blocked = predict(declared["separate-held-sync-session"]).stall
    assert blocked is not None
    said = sentence(find_cycle(blocked))
    assert "1 chat holds the backend event loop and waits for a backend pool connection" in said
    assert "4 chats" in said


@pytest.mark.parametrize("name", ["mounted-held-session", "separate-held-sync-session"])
def test_cycle_is_drawn(name: str) -> None:
    stall = predict(topologies()[name]).stall
    assert stall is not None
    cycle = find_cycle(stall)
    drawn = ET.fromstring(svg(cycle, name))  # noqa: S314
    boxes = drawn.findall("{http://www.w3.org/2000/svg}rect")
    assert len(boxes) == 2 * len(cycle)
    assert mermaid(cycle).count("waits for") == len(cycle)
