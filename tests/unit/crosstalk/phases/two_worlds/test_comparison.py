"""Which difference between worlds counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crosstalk.core.history import Answer, Call, Channel, History, Outcome, Probe
from crosstalk.oracles import ORACLES
from crosstalk.phases.two_worlds.comparison import differences, unsteady
from crosstalk.phases.two_worlds.oracle import TwoWorlds
from tests.unit.crosstalk.histories import ALICE, BOB, ok

LIMITED = Answer(Outcome.LIMITED, 429, None)
GONE = Answer(Outcome.UNREACHABLE, None, None)
SUBJECTS = {"alice": "alice-1f", "bob": "bob-1f"}


def worlds(**answers: list[Any]) -> History:
    """World to what alice is answered in it; where it is not absent, bob writes first."""
    history = History(SUBJECTS)
    for name, given in answers.items():
        world = name.replace("_", "-")
        history.worlds[world] = SUBJECTS
        told = [] if world.startswith("absent") else [(BOB, "add", ok({}), 1, "varied")]
        told += [
            (ALICE, "list", each if isinstance(each, Answer) else ok(each), 2 + place, "observed")
            for place, each in enumerate(given)
        ]
        for actor, operation, answer, key, part in told:
            probe = Probe("worlds", key, part, "alice")  # type: ignore[arg-type]
            index = len(history) + 1
            history.record(Call(index, actor, operation, {}, answer, 0.0, 0.0, probe, world))
    return history


def test_first_answer_that_differs_is_the_one_that_is_reported() -> None:
    (found,) = differences(
        worlds(absent=[{"n": 1}, {"n": 1}, {"n": 1}], active=[{"n": 1}, {"n": 2}, {"n": 3}])
    )
    assert (found.key, found.said()) == (3, "body.n is 2, not 1")
    (suspicion,) = TwoWorlds().judge(worlds(absent=[{"n": 1}], active=[{"n": 2}]))
    assert "what alice observes with list" in suspicion.summary


def numbered(last: int, *accepted: Channel) -> History:
    """Alice deletes her note 2 and adds another, which gets that number after others' deletions."""
    history = History(SUBJECTS, accepted=frozenset(accepted))
    for world, number in (("absent", 2), ("active", last)):
        history.worlds[world] = SUBJECTS
        story: list[tuple[str, dict[str, Any], Any]] = [
            ("add_note", {}, {"id": 1}),
            ("add_note", {}, {"id": 2}),
            ("delete_note", {"note_id": 2}, {"ok": True}),
            ("add_note", {}, {"id": number}),
        ]
        for key, (operation, arguments, body) in enumerate(story, start=1):
            probe = Probe("worlds", key, "observed", "alice")
            history.record(
                Call(len(history) + 1, ALICE, operation, arguments, ok(body), 0, 0, probe, world)
            )
    return history


def test_number_that_is_given_again_after_a_deletion_is_a_channel_of_its_own() -> None:
    assert differences(numbered(2)) == []
    (found,) = differences(numbered(7))
    assert set(found.places) == {"body.id (gap)", "body.id (number of a deleted object)"}
    (found,) = differences(numbered(7, Channel.NUMBER_GAPS))
    assert "number of a deleted object" in found.said()
    assert differences(numbered(7, Channel.NUMBER_GAPS, Channel.NUMBER_REUSE)) == []


def test_worlds_that_agree_show_nothing() -> None:
    assert differences(worlds(absent=[{"n": 1}], active=[{"n": 1}], secrets=[{"n": 1}])) == []


def test_difference_between_repeats_of_one_world_is_noise() -> None:
    history = worlds(absent=[{"n": 1}], active=[{"n": 2}], absent_2=[{"n": 3}], active_2=[{"n": 2}])
    assert differences(history) == []
    assert unsteady(history) == {("list", "body.n")}
    assert differences(worlds(absent=[{"n": 1}], active=[{"n": 2}]), {("list", "body.n")}) == []


def test_others_secrets_are_compared_with_the_world_in_which_they_are_active() -> None:
    (found,) = differences(worlds(absent=[{"n": 1}], active=[{"n": 1}], secrets=[{"n": 2}]))
    assert (found.kind, found.against) == ("secrets", "active")


def test_limit_counts_where_the_others_are_active_and_not_where_the_observer_is_alone() -> None:
    assert differences(worlds(absent=[{"n": 1}], active=[LIMITED]))
    assert differences(worlds(absent=[LIMITED, {"n": 1}], active=[{"n": 1}, {"n": 2}])) == []


def test_no_answer_shows_nothing_nor_does_anything_after_it() -> None:
    assert differences(worlds(absent=[{"n": 1}, {"n": 1}], active=[GONE, {"n": 2}])) == []


def test_step_that_could_not_be_made_in_one_world_ends_the_comparison() -> None:
    assert differences(worlds(absent=[{"n": 1}, {"n": 1}], active=[{"n": 1}])) == []


def test_step_that_could_not_be_made_without_the_others_ends_the_comparison() -> None:
    played = worlds(absent=[{"n": 1}, {"n": 1}], active=[{"n": 1}, {"n": 2}, {"n": 3}])
    played.calls[1] = replace(played.calls[1], probe=Probe("worlds", 4, "observed", "alice"))
    assert differences(played) == []


def test_chances_are_useful_answers_after_others_were_active() -> None:
    played = worlds(absent=[{"n": 1}], active=[{"n": 1}, [], LIMITED])
    assert TwoWorlds().opportunities(played) == {"list": 1}
    assert not TwoWorlds().opportunities(worlds(active=[{"n": 1}]))


def test_history_of_worlds_can_be_saved_and_judged_again() -> None:
    history = worlds(absent=[{"n": 1}], active=[{"n": 2}])
    again = History.from_json(history.to_json())
    assert TwoWorlds().judge(again) == TwoWorlds().judge(history) != []


def test_ordinary_history_shows_nothing_here() -> None:
    history = worlds(active=[{"n": 1}])
    history.worlds.clear()
    assert TwoWorlds().judge(history) == []
    assert all(each.name != TwoWorlds.name for each in ORACLES)
