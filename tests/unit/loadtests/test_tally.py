"""What is counted during load."""

from __future__ import annotations

from loadtests.report.counts import Subject, Tally, percentile

ALICE = Subject("alice", "mk-00000000000000aa")
BOB = Subject("bob", "mk-00000000000000bb")


def test_another_users_marker_in_an_answer_is_counted_and_named() -> None:
    tally = Tally.create(2.0)
    tally.watchdog.begin()
    tally.answered("chat", ALICE, f"yours: {ALICE.marker}, theirs: {BOB.marker}", 12.0)
    assert (tally.own, tally.foreign) == (1, 1)
    assert BOB.marker in tally.samples[0]


def test_ones_own_marker_is_no_finding_but_shows_that_there_could_be_one() -> None:
    tally = Tally.create(2.0)
    tally.watchdog.begin()
    tally.answered("chat", ALICE, ALICE.marker, 12.0)
    assert (tally.own, tally.foreign) == (1, 0)


def test_who_has_no_answer_at_the_end_counts_as_unfinished() -> None:
    tally = Tally.create(2.0)
    for _ in range(3):
        tally.watchdog.begin()
    tally.answered("chat", ALICE, "", 5.0)
    tally.failed("chat", "503 busy")
    figures = tally.figures()
    assert (figures["requests"], figures["unfinished"], figures["errors"]) == (3, 1, 1)
    assert figures["errors_by_kind"] == {"chat: 503 busy": 1}


def test_subjects_do_not_share_anything() -> None:
    made = [Subject.create() for _ in range(100)]
    assert len({each.user for each in made} | {each.marker for each in made}) == 200
    assert made[0].foreign(made[1].marker) == {made[1].marker}


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(number) for number in range(1, 101)]
    assert percentile(values, 0.5) == 50.0
    assert percentile(values, 0.99) == 99.0
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([], 0.5) is None
