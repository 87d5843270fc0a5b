"""A listener that knows one campaign hears of one, though several processes play it."""

from __future__ import annotations

from crosstalk.campaign.events import Event, FindingFound, PartBegun, Progress, Started
from crosstalk.campaign.together import EventsTogether
from crosstalk.core.script import Script
from crosstalk.core.verdict import Finding


def _heard(*said: tuple[int, Event]) -> list[Event]:
    heard: list[Event] = []
    together = EventsTogether(heard.append)
    for number, event in said:
        together(number, event)
    return heard


def test_the_campaign_starts_once() -> None:
    assert _heard((2, Started(85, 7)), (1, Started(85, 7))) == [Started(85, 7)]


def test_calls_are_added_up_and_time_is_the_longest() -> None:
    *_, last = _heard((1, Progress(10, 1, 2.0, 3)), (2, Progress(5, 2, 2.5)))
    assert last == Progress(15, 3, 2.5, 3)


def test_parts_under_way_are_said_of_all() -> None:
    *_, last = _heard((1, PartBegun("first look")), (2, PartBegun("sharing")))
    assert last == PartBegun("first look; sharing")


def test_one_place_is_told_once() -> None:
    found = FindingFound(Finding("canary", "list", (), "", Script(())))
    other = FindingFound(Finding("canary", "get", (), "", Script(())))
    assert _heard((1, found), (2, found), (2, other)) == [found, other]
