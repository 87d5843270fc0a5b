"""The picture shows what was predicted and what happened."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from loadtests.report.outcome import Outcome
from loadtests.report.picture import picture


def test_every_run_is_a_dot_and_every_boundary_a_line() -> None:
    stalling = Outcome("a<b", "", 15, 15)
    stalling.phases = [{"users": 14, "stalls": 0}, {"users": 15, "stalls": 1}]
    steady = Outcome("steady", "", None, None, phases=[{"users": 45, "stalls": 0}])
    drawn = ET.fromstring(picture([stalling, steady]))  # noqa: S314
    classes = [each.get("class") for each in drawn.iter() if each.get("class")]
    assert (classes.count("ok"), classes.count("stall"), classes.count("predicted")) == (2, 1, 1)
    assert "a<b" in [each.text for each in drawn.iter()]


def test_nothing_to_show_is_a_picture_too() -> None:
    assert ET.fromstring(picture([])) is not None  # noqa: S314
