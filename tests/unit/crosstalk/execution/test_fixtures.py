"""Users of an example: names that are nearly the same, where the system admits them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.core.history import Actor, Answer, Outcome, Probe
from crosstalk.core.identifiers import marker
from crosstalk.execution.executor import Executor
from crosstalk.execution.fixtures import NEWCOMERS, Fixture
from crosstalk.oracles.ownership import Ownership
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


def test_a_form_of_which_one_user_was_refused_is_given_once_more_on_demand() -> None:
    target = Target(
        surfaces={},
        credentials=Choosy(),
        operations={"rest:GET /notes": Operation("rest", "rest:GET /notes", (), reads_only=True)},
        neighbours=("separators", "signs"),
        renamed=lambda before, after: None,
    )
    executor = Executor(target.surfaces, target.operations, target.credentials)
    fixture = Fixture(target, executor)
    fixture.next_example()
    fixture.leave_out_form(refused=True)
    forms = [_form_of_next(fixture) for _ in range(2)]
    assert forms == ["signs", "signs"]
    again = [_form_of_next(fixture) for _ in range(fixture.forms_to_try())]
    assert sorted(again) == ["separators", "signs"]
    fixture.form = "signs"
    fixture.leave_out_form()
    assert fixture.forms_to_try() == 1


def _form_of_next(fixture: Fixture) -> str:
    fixture.next_example()
    return fixture.form


class Refusing:
    """A system that refuses its third call."""

    calls = 0

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        self.calls += 1
        return Answer(Outcome.ERROR if self.calls == 3 else Outcome.OK, 200, {})

    def discover(self) -> list[Operation]:
        return []

    def close(self) -> None: ...


def test_later_example_knows_what_users_stored_in_an_earlier_one() -> None:
    operations = {
        "add": Operation("mem", "add", (), reads_only=False),
        "read": Operation("mem", "read", (), reads_only=True),
    }
    target = Target(surfaces={}, credentials=Choosy(), operations=operations, persistent=True)
    executor = Executor({"mem": Refusing()}, operations, target.credentials)
    fixture = Fixture(target, executor)
    history = fixture.next_example()
    bob, ids = Actor("bob", "bob", "bob"), [f"01a1fc95-41f3-4131-b962-{n:012d}" for n in range(4)]
    executor.execute(history, bob, "add", {"text": ids[0]})
    # A replay interrupts the example, which goes on after it.
    fixture.fresh_history()
    executor.execute(history, bob, "read", {"text": ids[1]})
    executor.execute(history, bob, "add", {"text": ids[2]})
    executor.execute(history, bob, "add", {"text": ids[3]})
    said = marker("bob", 9)
    executor.execute(history, bob, "read", {"text": said})
    later = fixture.next_example()
    assert later.supplied == {"bob": frozenset({ids[0], ids[3]})}
    assert later.public_values >= set(ids)
    # A marker says whose it was.
    assert said not in later.public_values
    assert later.said == {"bob": frozenset({said})}


def test_words_stored_in_capitals_are_the_same_users_in_small_letters_later() -> None:
    operations = {"add": Operation("mem", "add", (), reads_only=False)}
    target = Target(surfaces={}, credentials=Choosy(), operations=operations, persistent=True)
    executor = Executor({"mem": Refusing()}, operations, target.credentials)
    fixture = Fixture(target, executor)
    hers = marker("alice", 9)
    address = f"{hers}@example.com".upper()
    executor.execute(fixture.next_example(), Actor("bob", "bob", "bob"), "add", {"email": address})
    later = fixture.next_example()
    assert hers in later.said["bob"]
    assert hers in later.supplied["bob"]


class Slugs(Refusing):
    """A system that calls what is stored by a slug."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        return Answer(Outcome.OK, 200, {"slug": "rome"})


def test_slug_that_an_earlier_example_was_given_is_nobodys() -> None:
    operations = {"add": Operation("mem", "add", (), reads_only=False)}
    target = Target(surfaces={}, credentials=Choosy(), operations=operations, persistent=True)
    executor = Executor({"mem": Slugs()}, operations, target.credentials)
    fixture = Fixture(target, executor)
    executor.execute(fixture.next_example(), Actor("bob", "bob", "bob"), "add", {"title": "Rome"})
    assert "rome" in fixture.next_example().public_values


class Lettered:
    """A system that serves users of some names alone."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        if presented.headers.get("caller") in NAMED.values():
            return Answer(Outcome.OK, 200, [])
        return Answer(Outcome.REFUSED, 200, None, {}, None, "say who you are")

    def discover(self) -> list[Operation]:
        return [LISTING]

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        return NOTHING if actor.user is None else Presented({"caller": subject})


NAMED = {"alice": "anna-1", "bob": "bert-1", "carol": "cleo-1", "bystander": "dora-1"}
LISTING = Operation("rest", "rest:GET /notes", (), reads_only=True, lists=True)


def test_names_that_are_refused_at_the_first_reading_cost_no_example() -> None:
    system = Lettered()
    target = Target(
        surfaces={"rest": system},
        credentials=system,
        operations={LISTING.name: LISTING},
        subjects=lambda nonce: dict(NAMED),
        neighbours=("separators",),
        renamed=lambda before, after: None,
    )
    executor = Executor(target.surfaces, target.operations, target.credentials)
    fixture = Fixture(target, executor)
    fixture.calibrate()
    before = executor.calls_made
    assert fixture.next_example().subjects["bob"] == "bert-1"
    assert fixture.form == ""
    assert 0 < executor.calls_made - before <= 3
    asked = executor.calls_made
    assert fixture.next_example().subjects["bob"] == "bert-1"
    assert executor.calls_made == asked


PARTS = Operation(
    "rest",
    "rest:GET /parts",
    (Parameter("text", {"type": "string"}, True, Role.QUERY),),
    reads_only=True,
    public=True,
)


def test_public_search_that_wants_a_user_is_made_as_one_with_a_word() -> None:
    system = Lettered()
    target = Target(
        surfaces={"rest": system},
        credentials=system,
        operations={PARTS.name: PARTS},
        subjects=lambda nonce: dict(NAMED),
    )
    history = Fixture(target, Executor(target.surfaces, target.operations, system)).calibrate()
    served = [each for each in history.history if each.answer.outcome is Outcome.OK]
    assert [(each.actor.name, bool(each.arguments["text"])) for each in served] == [("carol", True)]


class Counted:
    """Lists that show their reader's own notes, with the number of all users' notes.

    Args:
        of_all: Whether it is that number, and not of the reader's own.
    """

    def __init__(self, *, of_all: bool) -> None:
        self.of_all = of_all
        self.notes: list[str] = []

    def discover(self) -> list[Operation]:
        """All operations: what describes the system stands between two lists."""
        return [
            Operation("mem", "mem:list_notes", (), reads_only=True, lists=True),
            Operation("mem", "mem:describe", (), reads_only=True, descriptive=True),
            Operation("mem", "mem:list_tags", (), reads_only=True, lists=True),
            Operation("mem", "mem:add", (), reads_only=False),
        ]

    def call(
        self, operation: Operation, arguments: Mapping[str, object], presented: Presented
    ) -> Answer:
        """Serve one call."""
        user = presented.connection
        if operation.name == "mem:add":
            self.notes.append(user)
        own = [each for each in self.notes if each == user]
        total = len(self.notes if self.of_all else own)
        return Answer(Outcome.OK, 200, {"notes": own, "total": total})

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return who calls."""
        return Presented(connection=subject)


@pytest.mark.parametrize("of_all", [True, False])
def test_calibration_is_gone_on_with_until_another_history_begins(*, of_all: bool) -> None:
    system = Counted(of_all=of_all)
    operations = {each.name: each for each in system.discover()}
    target = Target(surfaces={"mem": system}, credentials=system, operations=operations)
    fixture = Fixture(target, executor := Executor(target.surfaces, operations, system))
    calibration = fixture.calibrate()
    history, newcomer = fixture.going_on(calibration), calibration.newcomer
    assert history is not None
    assert history.calls is calibration.history.calls
    other = next(each for each in target.principals.members if each != newcomer)
    executor.execute(history, other, "mem:add", {})
    after = Probe("ownership", NEWCOMERS, "after", newcomer.name)
    for each in calibration.observations:
        executor.execute(history, newcomer, each.name, {}, after)
    suspected = Ownership().judge(history)
    assert [each.operation for each in suspected] == ["mem:add"] * (2 if of_all else 0)
    fixture.fresh_history()
    assert fixture.going_on(calibration) is None


def test_a_list_is_read_twice_at_first_only_where_it_has_a_value_to_change() -> None:
    class Dated(Counted):
        def call(
            self, operation: Operation, arguments: Mapping[str, object], presented: Presented
        ) -> Answer:
            answer = super().call(operation, arguments, presented)
            made = operation.name == "mem:list_tags"
            return Answer(Outcome.OK, 200, {**answer.body, "at": "2026-01-01"}) if made else answer

    system = Dated(of_all=False)
    operations = {each.name: each for each in system.discover()}
    target = Target(surfaces={"mem": system}, credentials=system, operations=operations)
    fixture = Fixture(target, Executor(target.surfaces, operations, system))
    read = [call.operation for call in fixture.calibrate().history]
    assert (read.count("mem:list_notes"), read.count("mem:list_tags")) == (1, 2)
