"""Lives of shares: how they end, and what is read after that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Call, History, Outcome
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.rules.policy.taken_back import TakenBack
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.shares.test_sharing_served import (
    ACCEPT,
    IDENTITY,
    INVITATION,
    INVITE,
    LIST,
    OPERATIONS,
    POLICY,
    PROMOTED,
    REMOVE,
    SHARED,
    Folders,
    make_state,
)

WITHDRAW = Operation(
    "rest", "rest:DELETE /invitations/{invitation_id}", (IDENTITY, INVITATION), reads_only=False
)
WITHDRAWN = replace(SHARED, ends=(*SHARED.ends, WITHDRAW.name))


class FoldersThatCallOff(Folders):
    """Folders whose invitations are taken back and declined."""

    def discover(self) -> list[Operation]:
        """All operations."""
        return [*OPERATIONS, WITHDRAW]

    def call(self, operation: Operation, arguments: Mapping[str, Any], presented: Any) -> Answer:
        """Forget an invitation."""
        if operation is not WITHDRAW:
            return super().call(operation, arguments, presented)
        known = self.invited.pop(str(arguments["invitation_id"]), None) is not None
        return Answer(Outcome.OK if known else Outcome.ERROR, 204 if known else 404, None)


def _life(state: GeneratorState, random: Random) -> History:
    example = ExampleRun(state, Capabilities.of(list(OPERATIONS)))
    drawn_once(lambda draw: TakenBack().by_rule(example, draw, policy=POLICY, rule=SHARED), random)
    return example.history


def _removals(history: History) -> list[Call]:
    return _removals_in(history.calls)


def _attempts(history: History) -> list[Call]:
    return [each for each in history.calls if each.operation == REMOVE.name and each.probe]


@pytest.mark.parametrize("number", range(6))
def test_first_life_is_taken_back_by_its_owner_and_read_after_that(number: int) -> None:
    state = make_state(Folders(), ServiceRecord({each.name: each for each in OPERATIONS}))
    history = _life(state, Random(number))
    accepted = next(
        each
        for each in history.calls
        if each.operation == ACCEPT.name and each.answer.outcome is Outcome.OK
    )
    removal = _removals(history)[-1]
    assert removal.index > accepted.index
    assert removal.actor != accepted.actor
    assert removal.answer.outcome is Outcome.OK
    later = [each for each in history.calls if each.index > removal.index]
    assert accepted.actor in {each.actor for each in later if each.operation == LIST.name}


def test_lives_after_the_first_end_in_other_ways() -> None:
    state = make_state(Folders(), ServiceRecord({each.name: each for each in OPERATIONS}))
    random = Random(3)
    lives = [_life(state, random) for _ in range(5)]
    by_members = [
        any(each.arguments["member_id"].startswith(each.actor.name) for each in _removals(life))
        for life in lives
    ]
    assert by_members == [False, True, False, False, False]
    # The last one stays open.
    assert [bool(_removals(each)) for each in lives] == [True, True, True, True, False]


def test_another_object_is_listed_before_and_after_by_a_person_who_never_names_it() -> None:
    state = make_state(Folders(), ServiceRecord({each.name: each for each in OPERATIONS}))
    history = _life(state, Random(2))
    accepted = [
        each
        for each in history.calls
        if each.operation == ACCEPT.name and each.answer.outcome is Outcome.OK
    ][-1]
    removal = _removals(history)[-1]
    folder = removal.arguments["folder_id"]
    named = [
        each
        for each in history.calls
        if each.actor == accepted.actor and folder in map(str, each.arguments.values())
    ]
    lists = [each.index for each in history.calls if each.operation == LIST.name]
    assert accepted.index < removal.index
    assert not named
    assert any(accepted.index < each < removal.index for each in lists)
    assert any(removal.index < each for each in lists)


def test_reader_tries_to_remove_the_object_between_two_readings_of_its_owner() -> None:
    state = make_state(Folders(), ServiceRecord({each.name: each for each in OPERATIONS}))
    history = _life(state, Random(4))
    tried = _attempts(history)
    assert tried
    assert {each.probe.part for each in tried if each.probe} == {"attack"}
    assert all(each.answer.outcome is not Outcome.OK for each in tried)


def test_offer_that_was_called_off_is_accepted_in_vain_and_read_after_that() -> None:
    folders = FoldersThatCallOff()
    operations = folders.discover()
    state = make_state(folders, ServiceRecord({each.name: each for each in operations}))
    policy = replace(POLICY, shares=(WITHDRAWN, PROMOTED))
    example = ExampleRun(state, Capabilities.of(operations))
    drawn_once(
        lambda draw: TakenBack().by_rule(example, draw, policy=policy, rule=WITHDRAWN), Random(1)
    )
    calls = example.history.calls
    withdrawn = [each for each in calls if each.operation == WITHDRAW.name]
    assert len({each.actor for each in withdrawn[-2:]}) == 2
    for each in withdrawn[-2:]:
        accepted, *_ = (e for e in calls[each.index :] if e.operation == ACCEPT.name)
        assert accepted.arguments["invitation_id"] == each.arguments["invitation_id"]
        later = [e.operation for e in calls[accepted.index :] if e.actor == accepted.actor]
        assert LIST.name in later


def test_person_who_lost_it_tries_to_change_what_was_stored_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = count(1)
    aimed: list[list[str]] = []

    def fill(*_: object) -> list[str]:
        return [f"note {next(stored)}"]

    def between(*given: object, **_: object) -> list[PlannedCall]:
        aimed.append(list(given[4]))  # type: ignore[call-overload]
        return []

    monkeypatch.setattr(TakenBack, "_fill", fill)
    monkeypatch.setattr(TakenBack, "_between_readings", between)
    _life(make_state(Folders(), ServiceRecord({each.name: each for each in OPERATIONS})), Random(2))
    assert aimed[0] == ["note 1"]
    assert aimed[-1] == ["note 1", "note 2"]


def test_brief_life_is_called_off_and_read_after_its_end_in_fewer_calls() -> None:
    folders = FoldersThatCallOff()
    operations = folders.discover()
    policy = replace(POLICY, shares=(WITHDRAWN, PROMOTED))
    made = {}
    for brief in (False, True):
        state = make_state(folders, ServiceRecord({each.name: each for each in operations}))
        example = ExampleRun(state, Capabilities.of(operations))
        given = {"policy": policy, "rule": WITHDRAWN, "brief": brief}
        drawn_once(
            lambda draw, example=example, given=given: TakenBack().by_rule(  # type: ignore[misc]
                example, draw, **given
            ),
            Random(1),
        )
        made[brief] = example.history.calls
    assert len(made[True]) < 0.85 * len(made[False])
    assert {each.operation for each in made[True]} == {each.operation for each in made[False]}
    removal = _removals_in(made[True])[-1]
    lost = next(e for e in made[True] if e.operation == ACCEPT.name and e.answer.outcome == "ok")
    assert LIST.name in {e.operation for e in made[True][removal.index :] if e.actor == lost.actor}


def _removals_in(calls: Sequence[Call]) -> list[Call]:
    return [each for each in calls if each.operation == REMOVE.name and not each.probe]


def test_changes_by_who_lost_it_are_judged_before_it_is_offered_again() -> None:
    state = make_state(Folders(), ServiceRecord({each.name: each for each in OPERATIONS}))
    judged: list[int] = []
    state.one_is_enough = True

    def judge(history: History) -> bool:
        judged.append(len(history))
        return False

    state.judge = judge
    history = _life(state, Random(2))
    removal = _removals(history)[0]
    later = history.calls[removal.index :]
    again = next(e.index for e in later if e.operation == INVITE.name and not e.probe)
    tried = [each.index for each in later if each.probe and each.index < again]
    assert tried
    assert any(tried[-1] <= each < again for each in judged)
