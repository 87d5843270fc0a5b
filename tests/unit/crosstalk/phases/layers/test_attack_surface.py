"""What an attack on one layer reads is read at once; what changes something comes one by one."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from crosstalk.core.history import Actor, History
from crosstalk.core.principals import ANONYMOUS, BOB, IMPOSTOR, USERS
from crosstalk.execution.executor import Executor
from crosstalk.phases.layers.attack_surface import LayerAttack
from tests.unit.crosstalk.phases.two_worlds.diary import OPERATIONS, Diary

_ON_REST = {each.name: replace(each, surface="rest") for each in OPERATIONS}


def _attacked(concurrency: int) -> History:
    diary = Diary()
    calling = Executor({"rest": diary}, _ON_REST, diary, concurrency)
    history = History({name: f"{name}-1" for name in USERS})
    try:
        return LayerAttack(calling, history, [_ON_REST["list_entries"]], Random(1)).run("rest")
    finally:
        calling.close()


def _made(history: History) -> list[tuple[Actor, str]]:
    return [(call.actor, call.operation) for call in history]


def test_readings_of_an_attack_are_made_at_once_and_changes_one_by_one() -> None:
    history = _attacked(4)
    attacks = [call for call in history if call.actor in (BOB, IMPOSTOR) and call.probe]
    assert {call.operation for call in attacks if not call.together} == {
        "add_entry",
        "rename_entry",
    }
    read = [call for call in attacks if call.together]
    assert {call.operation for call in read} == {"get_entry", "list_entries"}
    # A change comes after all that is read, and the stranger after the victim's last reading.
    assert attacks == sorted(attacks, key=lambda call: not _ON_REST[call.operation].reads_only)
    assert {call.together > 0 for call in history if call.actor == ANONYMOUS} == {True}
    assert [call.probe.part for call in history if call.probe][-1] == "after"


def test_calls_of_an_attack_are_the_same_whether_they_are_made_at_once_or_not() -> None:
    assert _made(_attacked(1)) == _made(_attacked(4))
