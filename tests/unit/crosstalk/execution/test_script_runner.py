"""The runner of scripts: references, markers, and steps that cannot be made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History
from crosstalk.core.identifiers import marker
from crosstalk.core.script import Script, Step
from crosstalk.execution.executor import Executor
from crosstalk.execution.script_runner import ReplayFileError, ScriptRunner
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, ok

ADD = Operation("mem", "add", (), reads_only=False)


class Numbered:
    """Answers each call with a new number."""

    def __init__(self) -> None:
        self.made = 0

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """A number."""
        self.made += 1
        return ok({"id": self.made})

    def discover(self) -> list[Operation]:
        """One operation."""
        return [ADD]

    def close(self) -> None:
        """Nothing is open."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """No credentials are looked at."""
        return NOTHING


def runner(salt: int = 0) -> ScriptRunner:
    """A runner on that system."""
    system = Numbered()
    executor = Executor({"mem": system}, {"add": ADD}, system, concurrency=2)
    return ScriptRunner(executor, History({"alice": "alice-1"}), salt)


def step(number: int, together: int = 0, **arguments: str) -> Step:
    """A call of alice's."""
    return Step(number, ALICE, "add", arguments, together=together)


def test_script_runner_resolves_references_and_subjects_with_the_values_of_its_run() -> None:
    run = runner()
    assert run.run_script(Script((step(7), step(9, thing_id="${7.id}", user_id="${alice}"))))
    assert run.history.calls[1].arguments == {"thing_id": "1", "user_id": "alice-1"}


def test_script_runner_waits_before_a_step_and_before_steps_at_once() -> None:
    run = runner()
    waited: list[float] = []
    run.sleep = waited.append
    steps = (step(1), replace(step(2), after=0.5), step(3, 1), replace(step(4, 1), after=0.7))
    assert run.run_script(Script(steps))
    assert waited == [0.5, 0.7]


def test_script_runner_gives_markers_a_number_of_its_own() -> None:
    run = runner(salt=3)
    run.run_step(step(1, title=marker("alice", 1)))
    run.run_step(step(2, title=marker("alice", 1)), salt=0)
    titles = [call.arguments["title"] for call in run.history]
    assert titles == [marker("alice", 2), marker("alice", 1)]


def test_script_runner_stops_a_script_at_a_value_that_did_not_come_back() -> None:
    run = runner()
    assert not run.run_script(Script((step(1), step(2, thing_id="${1.other}"), step(3))))
    assert len(run.history) == 1
    assert run.run_step(step(4, thing_id="${1.other}")) is None


def test_script_runner_makes_calls_at_once_unless_one_needs_the_other() -> None:
    run = runner()
    run.run_script(Script((step(1, 5), step(2, 5), step(3, 6), step(4, 6, thing_id="${3.id}"))))
    first, second, *rest = (call.together for call in run.history)
    assert first == second != 0
    assert set(rest) == {0}


def test_script_runner_refuses_a_script_of_another_system() -> None:
    with pytest.raises(ReplayFileError, match="has no operation 'other'"):
        runner().run_step(Step(1, ALICE, "other", {}))


def test_script_runner_draws_anew_what_a_pattern_admits_and_keeps_what_refers_to_it() -> None:
    code = Parameter("code", {"type": "string", "pattern": r"^[A-Z]{4}-\d{6}$"}, True, Role.VALUE)
    system = Numbered()
    add = replace(ADD, parameters=(code,))
    executor = Executor({"mem": system}, {"add": add}, system)
    run = ScriptRunner(executor, History({"alice": "alice-1"}), salt=5)
    run.run_step(step(1, code="ABCD-123456"))
    run.run_step(step(2, other="ABCD-123456", title="free"))
    first, second = (call.arguments for call in run.history)
    assert re.fullmatch(r"[A-Z]{4}-\d{6}", first["code"])
    assert first["code"] != "ABCD-123456"
    assert second == {"other": first["code"], "title": "free"}


def test_unusual_page_is_of_another_size_in_each_replay_and_the_same_for_all_its_users() -> None:
    limit = Parameter("limit", {"type": "integer", "maximum": 100}, False, Role.VALUE)
    system = Numbered()
    listing = replace(ADD, parameters=(limit,))
    executor = Executor({"mem": system}, {"add": listing}, system)
    given = [{"limit": 37}, {"limit": 37}, {"limit": 100}]
    found = []
    for salt in (0, 5):
        run = ScriptRunner(executor, History({"alice": "alice-1"}), salt=salt)
        for number, arguments in enumerate(given, 1):
            run.run_step(Step(number, ALICE, "add", arguments))
        found.append([call.arguments["limit"] for call in run.history])
    assert found[0] == [37, 37, 100]
    first, second, whole = found[1]
    assert first == second != 37
    assert whole == 100


def test_script_runner_keeps_what_a_pattern_refuses() -> None:
    code = Parameter("code", {"type": "string", "pattern": r"^[A-Z]{4}-\d{6}$"}, True, Role.VALUE)
    system = Numbered()
    executor = Executor({"mem": system}, {"add": replace(ADD, parameters=(code,))}, system)
    run = ScriptRunner(executor, History({"alice": "alice-1"}), salt=5)
    run.run_step(step(1, code="not of that form"))
    run.run_step(step(2, other="not of that form"))
    assert [dict(call.arguments) for call in run.history] == [
        {"code": "not of that form"},
        {"other": "not of that form"},
    ]


def test_id_that_a_client_chose_is_another_one_in_each_replay() -> None:
    text = {"type": "string"}
    uid = Parameter("uid", {**text, "format": "uuid"}, True, Role.NAME)
    put = Operation("mem", "put", (uid, Parameter("text", text, True, Role.TEXT)), reads_only=False)
    ids = Parameter("ids", {"type": "array"}, True, Role.REFERENCE)
    drop = Operation("mem", "drop", (ids,), reads_only=False)
    system = Numbered()
    executor = Executor({"mem": system}, {"put": put, "drop": drop}, system)
    given = "08d6af57-da71-4448-96c8-da1964b2d2bc"
    steps = (
        Step(1, ALICE, "put", {"uid": given, "text": "a"}),
        Step(2, ALICE, "put", {"uid": given, "text": "b"}),
        Step(3, ALICE, "drop", {"ids": [given]}),
    )
    seen = []
    for salt in (0, 1, 2):
        run = ScriptRunner(executor, History({"alice": "alice-1"}), salt)
        assert run.run_script(Script(steps))
        first, second, last = (call.arguments for call in run.history)
        assert first["uid"] == second["uid"] == last["ids"][0]
        seen.append(first["uid"])
    assert seen[0] == given
    assert len({*seen}) == 3


def test_steps_made_at_once_are_each_given_their_call_and_those_that_lack_a_value_none() -> None:
    running = runner()
    running.run_step(step(1))
    steps = [step(2, word="${1.id}"), step(3, word="${1.name}"), step(4)]
    first, lost, last = running.run_at_once(steps)
    assert lost is None
    assert first is not None
    assert last is not None
    assert first.arguments == {"word": "1"}
    assert [each.together for each in running.history] == [0, 1, 1]
    assert running.answers[4] is last
