"""Files that each user has in a folder of their own, reached by a path that leads out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from posixpath import normpath
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.first_look import FirstLook
from crosstalk.generator.plan.state_machine import make_machine
from crosstalk.generator.rules.attacks.other_spellings import OtherSpellings
from crosstalk.oracles import Canary, Ownership
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role

PATH = Parameter("path", {"type": "string"}, True, Role.NAME)
TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
WRITE = Operation("mcp", "mcp:write_file", (PATH, TEXT), reads_only=False)
READ = Operation("mcp", "mcp:read_file", (PATH,), reads_only=True)
LIST = Operation("mcp", "mcp:list_files", (), reads_only=True, lists=True)


class Folders:
    """Keeps files by path, below the caller's name.

    Args:
        checks: Whether a path that leads out of the caller's folder is refused.
    """

    def __init__(self, *, checks: bool) -> None:
        self._checks = checks
        self._files: dict[str, str] = {}

    def discover(self) -> list[Operation]:
        return [WRITE, READ, LIST]

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        return Presented.bearer(subject if actor.user else "")

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        caller = presented.headers["Authorization"].removeprefix("Bearer ")
        if not caller:
            return Answer(Outcome.REFUSED, 401, None)
        if operation is LIST:
            mine = {k: v for k, v in self._files.items() if k.startswith(f"{caller}/")}
            return Answer(Outcome.OK, 200, [{"path": k, "text": v} for k, v in mine.items()])
        path = normpath(f"{caller}/{arguments.get('path')}")
        if self._checks and not path.startswith(f"{caller}/"):
            return Answer(Outcome.ERROR, 404, None, code="not_found")
        if operation is WRITE:
            self._files[path] = str(arguments.get("text"))
            return Answer(Outcome.OK, 200, {"saved": True})
        if path not in self._files:
            return Answer(Outcome.ERROR, 404, None, code="not_found")
        return Answer(Outcome.OK, 200, {"text": self._files[path]})

    def close(self) -> None:
        """Close nothing."""


def state_of(folders: Folders, judged: Callable[[History], None]) -> GeneratorState:
    """Return the state of a campaign against folders."""
    state = GeneratorState(
        executor=Executor({"mcp": folders}, {e.name: e for e in folders.discover()}, folders),
        fresh_history=lambda: History({name: f"{name}-{state.planted}" for name in USERS}),
        observations=[LIST],
        forgeries=(),
        on_example_end=judged,
        stopped=lambda: False,
    )
    return state


@pytest.mark.parametrize(
    ("checks", "expected"),
    [(False, {("canary", READ.name), ("ownership", WRITE.name)}), (True, set())],
)
def test_path_that_leads_out_of_ones_folder_reads_and_writes_anothers_file(
    checks: bool, expected: set[tuple[str, str]]
) -> None:
    folders = Folders(checks=checks)
    found: set[tuple[str, str]] = set()

    def judged(history: History) -> None:
        for oracle in (Canary(), Ownership()):
            for each in oracle.judge(history):
                index = each.calls[-1 if oracle.name == "canary" else -2]
                found.add((oracle.name, history.calls[index - 1].operation))

    state = state_of(folders, judged)
    for number in range(8):
        run_state_machine_as_test(
            seed(number)(make_machine(state, (OtherSpellings(),))),
            settings=settings(
                max_examples=1,
                stateful_step_count=6,
                deadline=None,
                database=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert expected <= found if expected else not found


@pytest.mark.parametrize("checks", [True, False])
def test_first_look_reads_a_path_from_the_folder_of_another(*, checks: bool) -> None:
    histories: list[History] = []
    FirstLook(state_of(Folders(checks=checks), histories.append), Random(1)).run()
    read = [
        history.calls[each.calls[-1] - 1].operation
        for history in histories
        for each in Canary().judge(history)
    ]
    assert set(read) == (set() if checks else {READ.name})


def test_file_that_all_users_call_alike_is_named_behind_its_owners_name() -> None:
    state = state_of(Folders(checks=False), lambda history: None)
    example = ExampleRun(state, Capabilities.of([WRITE, READ, LIST]))
    for each in example.members:
        said = {"path": "note", "text": f"note {state.plant(str(each.user))}"}
        example.execute(PlannedCall(each, WRITE.name, said))
    drawn_once(partial(OtherSpellings().run, example), Random(1))
    assert Canary().judge(example.history)
