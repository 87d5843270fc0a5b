"""The picture of boundaries shows prediction and observation."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from loadtests.report.boundaries import boundaries_svg
from loadtests.report.outcome import TopologyOutcome


def test_boundaries_svg_has_a_dot_for_each_run_and_a_line_for_each_boundary() -> None:
    stalling = TopologyOutcome("a<b", "", 15, 15)
    stalling.phases = [{"users": 14, "stalls": 0}, {"users": 15, "stalls": 1}]
    steady = TopologyOutcome("steady", "", None, None, phases=[{"users": 45, "stalls": 0}])
    drawn = ET.fromstring(boundaries_svg([stalling, steady]))  # noqa: S314
    classes = [each.get("class") for each in drawn.iter() if each.get("class")]
    assert (classes.count("ok"), classes.count("stall"), classes.count("predicted")) == (2, 1, 1)
    assert "a<b" in [each.text for each in drawn.iter()]


def test_boundaries_svg_of_no_topology_is_well_formed() -> None:
    assert ET.fromstring(boundaries_svg([])) is not None  # noqa: S314
