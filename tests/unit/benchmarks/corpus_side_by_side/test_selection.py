"""The servers of the comparison are drawn by their names alone."""

from __future__ import annotations

from benchmarks.corpus_side_by_side.selection import COUNT, WITHOUT_EFFECT, selected
from benchmarks.corpus_side_by_side.tools import INFORMED, all_tools
from benchmarks.proving_ground.manifest import read_corpus


def test_ten_are_drawn_and_the_eleventh_answers_204_without_effect() -> None:
    names = [each.manifest.name for each in selected()]
    assert len(names) == len(set(names)) == COUNT + 1
    assert names[-1] == WITHOUT_EFFECT
    assert any("204" in line for line in selected()[-1].manifest.must_not_report)


def test_draw_does_not_depend_on_the_order_of_the_corpus() -> None:
    corpus = read_corpus()
    assert selected(corpus) == selected(corpus[::-1])


def test_servers_of_other_surfaces_are_not_drawn() -> None:
    assert {each.manifest.surface for each in selected()} == {"rest"}


def test_each_tool_has_something_written_for_each_server() -> None:
    for entry in selected():
        for tool in all_tools():
            if tool.name == INFORMED:
                continue
            assert tool.written(entry.manifest.name).lines > 0
