"""Counts of a phase of load."""

from __future__ import annotations

from loadtests.report.counts import Counts, MarkedSubject, percentile

ALICE = MarkedSubject("alice", "mk-00000000000000aa")
BOB = MarkedSubject("bob", "mk-00000000000000bb")


def test_counts_name_another_users_marker_in_an_answer() -> None:
    counts = Counts.create(2.0)
    counts.watchdog.begin()
    counts.answered("chat", ALICE, f"yours: {ALICE.marker}, theirs: {BOB.marker}", 12.0)
    assert (counts.own, counts.foreign) == (1, 1)
    assert BOB.marker in counts.samples[0]


def test_counts_take_the_users_own_marker_as_a_control() -> None:
    counts = Counts.create(2.0)
    counts.watchdog.begin()
    counts.answered("chat", ALICE, ALICE.marker, 12.0)
    assert (counts.own, counts.foreign) == (1, 0)


def test_counts_include_unanswered_requests_as_unfinished() -> None:
    counts = Counts.create(2.0)
    for _ in range(3):
        counts.watchdog.begin()
    counts.answered("chat", ALICE, "", 5.0)
    counts.failed("chat", "503 busy")
    figures = counts.figures()
    assert (figures["requests"], figures["unfinished"], figures["errors"]) == (3, 1, 1)
    assert figures["errors_by_kind"] == {"chat: 503 busy": 1}


def test_marked_subjects_share_neither_id_nor_marker() -> None:
    made = [MarkedSubject.create() for _ in range(100)]
    assert len({each.user for each in made} | {each.marker for each in made}) == 200
    assert made[0].foreign(made[1].marker) == {made[1].marker}


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(number) for number in range(1, 101)]
    assert percentile(values, 0.5) == 50.0
    assert percentile(values, 0.99) == 99.0
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([], 0.5) is None
