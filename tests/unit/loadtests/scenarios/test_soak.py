"""Growth of services is distinguished from noise."""

from __future__ import annotations

import os
import time
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from loadtests.scenarios.soak import Sampler, growth, soak_svg

FLAT = {
    "memory_mb": 100.0,
    "files": 30,
    "connections": 20,
    "pool_taken": 1,
    "threads": 5,
    "tasks": 12,
}


def samples(**rates: float) -> list[dict[str, Any]]:
    """Make forty samples in which figures grow by these rates a sample."""
    return [
        {
            "seconds": 2.0 * number,
            "backend": {name: FLAT[name] + rates.get(name, 0) * number for name in FLAT},
        }
        for number in range(40)
    ]


def test_growth_is_empty_for_flat_figures() -> None:
    assert growth(samples()) == []
    assert growth(samples(memory_mb=0.2)) == []


@pytest.mark.parametrize(
    ("figure", "rate"),
    [("memory_mb", 2), ("files", 1), ("connections", 1), ("pool_taken", 1), ("tasks", 1)],
)
def test_growth_names_a_figure_that_grows_all_the_time(figure: str, rate: float) -> None:
    found = growth(samples(**{figure: rate}))
    assert len(found) == 1
    assert found[0].startswith(f"backend: {figure} grew from")


def test_growth_ignores_the_warm_up() -> None:
    warm = samples()
    for each in warm[:5]:
        each["backend"] = {**FLAT, "memory_mb": 20.0}
    assert growth(warm) == []


def test_growth_is_empty_for_too_few_samples() -> None:
    assert growth(samples()[:3]) == []


def test_soak_svg_has_a_line_for_each_figure_of_each_service() -> None:
    drawn = ET.fromstring(soak_svg(samples()))  # noqa: S314
    assert len(drawn.findall("{http://www.w3.org/2000/svg}polyline")) == 6
    assert ET.fromstring(soak_svg([])) is not None  # noqa: S314


def test_sampler_reads_a_process_and_its_observer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtests.scenarios.soak._EVERY_SECONDS", 0.01)
    answers = {"tasks": 3, "pools": [{"checked_out": 2}]}
    monkeypatch.setattr("loadtests.scenarios.soak.ask", lambda url: answers[url.rsplit("/", 1)[1]])
    with Sampler({"own": os.getpid()}, {"own": "http://127.0.0.1:1"}) as sampler:
        while not sampler.samples:
            time.sleep(0.01)
    sample = sampler.samples[0]["own"]
    assert sample["memory_mb"] > 1
    assert (sample["tasks"], sample["pool_taken"]) == (3, 2)
