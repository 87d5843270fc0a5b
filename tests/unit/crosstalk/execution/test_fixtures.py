"""Users of an example: names that are nearly the same, where the system admits them."""

from __future__ import annotations

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.core.history import Actor, Answer, Call, Outcome
from crosstalk.execution.executor import Executor
from crosstalk.execution.fixtures import Fixture
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target


class Choosy:
    """Credentials of a system that refuses to sign up names which begin with a digit."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        if subject[0].isdigit():
            raise HarnessError(f"sign-up refused {subject}")
        return NOTHING


@pytest.mark.parametrize("admitted", [False, True])
def test_names_that_the_system_refuses_are_left_out_and_end_nothing(admitted: bool) -> None:
    target = Target(
        surfaces={},
        credentials=Choosy(),
        operations={"rest:GET /notes": Operation("rest", "rest:GET /notes", (), reads_only=True)},
        neighbours=("separators" if admitted else "beginnings",),
        renamed=lambda before, after: None,
    )
    executor = Executor(target.surfaces, target.operations, target.credentials)
    fixture = Fixture(target, executor)
    alike = [fixture.next_example().subjects["bob"].startswith("alice") for _ in range(2)]
    assert alike == [admitted, admitted]


@pytest.mark.parametrize(("pattern", "alike"), [("^[a-z-]+[0-9a-f]*$", False), ("^.+$", True)])
def test_names_that_no_argument_admits_are_left_out(pattern: str, *, alike: bool) -> None:
    who = Parameter("who", {"type": "string", "pattern": pattern}, True, Role.IDENTITY)
    reading = Operation("rest", "rest:GET /notes", (who,), reads_only=True)
    target = Target(
        surfaces={},
        credentials=Choosy(),
        operations={reading.name: reading},
        neighbours=("separators",),
        renamed=lambda before, after: None,
    )
    fixture = Fixture(target, Executor(target.surfaces, target.operations, target.credentials))
    assert fixture.next_example().subjects["bob"].startswith("alice") is alike


def test_later_example_knows_what_users_stored_in_an_earlier_one() -> None:
    operations = {
        "add": Operation("mem", "add", (), reads_only=False),
        "read": Operation("mem", "read", (), reads_only=True),
    }
    target = Target(surfaces={}, credentials=Choosy(), operations=operations, persistent=True)
    fixture = Fixture(target, Executor({}, operations, target.credentials))
    history = fixture.next_example()
    bob, ids = Actor("bob", "bob", "bob"), [f"01a1fc95-41f3-4131-b962-{n:012d}" for n in range(3)]
    for index, (name, outcome) in enumerate(
        [("add", Outcome.OK), ("read", Outcome.OK), ("add", Outcome.ERROR)]
    ):
        answer = Answer(outcome, 200, {})
        history.record(Call(index + 1, bob, name, {"text": ids[index]}, answer, 0.0, 0.1, None))
    assert fixture.next_example().supplied == {"bob": frozenset(ids[:1])}
