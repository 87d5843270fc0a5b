"""The survey on systems made of memory: what it makes, and what the oracles see by it."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Answer, History, Outcome
from crosstalk.core.principals import USERS, Principals
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.survey.survey import Survey
from crosstalk.oracles import Canary, Existence, Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    DELETE,
    GET,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    TEXT,
    Notes,
)

BIN = Operation("rest", "rest:GET /bin", (IDENTITY,), reads_only=True, lists=True)
RESTORE = Operation("rest", "rest:POST /notes/{note_id}/restore", (IDENTITY, NOTE), False)
COUNT = Operation("rest", "rest:GET /count", (IDENTITY,), reads_only=True, lists=True)
NOTES = Parameter("note_ids", {"type": "array"}, True, Role.REFERENCE)
MARK = Operation("rest", "rest:POST /notes/marks", (IDENTITY, NOTES), reads_only=False)
ABOVE = Parameter("above", {"type": "string"}, False, Role.TEXT)
ADD_BELOW = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, ABOVE), reads_only=False)


class Many(Notes):
    """Notes with a bin, a count, marks for several at once, and titles.

    Attributes:
        leaks: Those that it has: `restore`, `count`, `marks`, `above`, `titles`.
    """

    def __init__(self, *leaks: str) -> None:
        super().__init__()
        self.leaks = leaks
        self.bin: dict[str, tuple[str, str]] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD_BELOW, LIST, GET, DELETE, BIN, RESTORE, COUNT, MARK]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone, but for the leaks."""
        caller = presented.headers.get("caller", "")
        mine = self.kept.setdefault(caller, {})
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        name = str(arguments.get("note_id", ""))
        everyone = {key: text for kept in self.kept.values() for key, text in kept.items()}
        if operation is BIN:
            gone = [{"id": key} for key, (owner, _) in self.bin.items() if owner == caller]
            return Answer(Outcome.OK, 200, gone)
        if operation is RESTORE:
            owner, text = self.bin.get(name, ("", ""))
            if not owner or (owner != caller and "restore" not in self.leaks):
                return MISSING
            del self.bin[name]
            self.kept[owner][name] = text
            return Answer(Outcome.OK, 200, {"id": name, "text": text})
        if operation is COUNT:
            return Answer(Outcome.OK, 200, {"n": len(everyone if "count" in self.leaks else mine)})
        if operation is MARK:
            wanted = list(map(str, arguments["note_ids"]))
            known = everyone if "marks" in self.leaks and set(wanted[:1]) <= set(mine) else mine
            return Answer(Outcome.OK, 200, {"marked": [each in known for each in wanted]})
        if operation is ADD_BELOW:
            above = arguments.get("above")
            if above is not None and above not in (everyone if "above" in self.leaks else mine):
                return Answer(Outcome.ERROR, 422, None, {}, "above_unknown")
            if "titles" in self.leaks and arguments["text"] in everyone.values():
                return Answer(Outcome.ERROR, 409, None, {}, "taken")
            return super().call(ADD, arguments, presented)
        if operation is DELETE and name in mine:
            self.bin[name] = (caller, mine[name])
        return super().call(operation, arguments, presented)


def state_of(
    system: Notes, most: int = 400, histories: list[History] | None = None
) -> GeneratorState:
    """What the parts of a survey share; the histories of its examples are added to a list."""
    operations = {each.name: each for each in system.discover()}
    return GeneratorState(
        executor=Executor({"rest": system}, operations, system),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=[each for each in operations.values() if each.lists],
        forgeries=(),
        on_example_end=([] if histories is None else histories).append,
        unserved=lambda: [RESTORE.name],
        stopped=lambda: system.calls >= most,
        principals=Principals(impostors=()),
        calls=most,
    )


def surveyed(system: Notes, most: int = 400) -> tuple[History, GeneratorState]:
    """Run the survey; return its history and what it counted."""
    histories: list[History] = []
    state = state_of(system, most, histories)
    Survey(state, Random(1), most).run()
    (history,) = histories
    return history, state


@pytest.mark.parametrize(
    ("leak", "operation"),
    [
        ("restore", "rest:POST /notes/{note_id}/restore"),
        ("marks", "rest:POST /notes/marks"),
        ("above", "rest:POST /notes"),
        ("titles", "rest:POST /notes"),
    ],
)
def test_survey_makes_the_pair_that_tells_another_users_object(leak: str, operation: str) -> None:
    history, _ = surveyed(Many(leak))
    assert operation in {each.operation for each in Existence().judge(history)}


def test_survey_reads_around_all_that_a_neighbour_does() -> None:
    history, _ = surveyed(Many("count"))
    shown = {history.calls[each.calls[-1] - 1].operation for each in Ownership().judge(history)}
    assert shown == {COUNT.name}


def test_survey_of_a_sound_system_gives_the_oracles_opportunities_and_no_suspicion() -> None:
    system = Many()
    history, state = surveyed(system)
    for oracle in (Canary(), Ownership(), Existence()):
        found = oracle.judge(history)
        # The notes of these users have ids that are counted.
        assert [each for each in found if each.rule is not BrokenRule.COUNTING] == []
    compared = Existence().opportunities(history)
    assert {MARK.name, RESTORE.name, ADD_BELOW.name} <= set(compared)
    assert state.situations["removed objects asked for"]
    assert system.calls <= 0.6 * 400


def test_second_survey_makes_no_comparison_again() -> None:
    system = Many()
    _, state = surveyed(system)
    history = History({name: f"{name}-1" for name in USERS})
    state.fresh_history = lambda: history
    Survey(state, Random(2), 400).run()
    probes = [each.probe for each in history if each.probe is not None]
    assert not [each for each in probes if each.kind in ("existence", "names")]


def test_survey_makes_a_comparison_again_that_could_not_count() -> None:
    system = Many()
    _, state = surveyed(system)
    history = History({name: f"{name}-1" for name in USERS})
    state.fresh_history = lambda: history
    state.opportunities = lambda: {"existence": {MARK.name, RESTORE.name}}
    Survey(state, Random(2), 400).run()
    compared = {each.operation for each in history if each.probe and each.probe.part == "foreign"}
    assert {GET.name, DELETE.name} <= compared
    assert not compared & {MARK.name, RESTORE.name}


STATE = Parameter("state", {"type": "string"}, False, Role.VALUE)
LIST_BY_STATE = Operation("rest", "rest:GET /notes", (IDENTITY, STATE), True, lists=True)


class Filtered(Notes):
    """Notes with a state, whose filter may forget the owner."""

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST_BY_STATE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """List the caller's own notes, or with the leak those of every user in a state."""
        if operation is not LIST_BY_STATE:
            return super().call(operation, arguments, presented)
        self.calls += 1
        caller = presented.headers.get("caller", "")
        every = self.kept if self.leaks and arguments.get("state") == "open" else {}
        rows = {
            **self.kept.get(caller, {}),
            **{k: v for one in every.values() for k, v in one.items()},
        }
        return Answer(
            Outcome.OK, 200, [{"id": k, "text": v, "state": "open"} for k, v in rows.items()]
        )


@pytest.mark.parametrize("leaks", [True, False])
def test_survey_reads_by_what_objects_show_under_the_name_of_a_filter(*, leaks: bool) -> None:
    history, _ = surveyed(Filtered(leaks=leaks))
    found = {each.operation for each in Canary().judge(history)}
    assert found == ({LIST_BY_STATE.name} if leaks else set())


PAGE = Parameter("limit", {"type": "integer"}, False, Role.VALUE)
AFTER = Parameter("cursor", {"type": "string"}, False, Role.CURSOR)
PAGED = Operation("rest", "rest:GET /notes", (IDENTITY, PAGE, AFTER), True, lists=True)
TIMES = Operation("rest", "rest:GET /times", (IDENTITY,), True, lists=True)
STORE = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT), False, takes_more=True)


class Shelf(Notes):
    """Notes in pages, with how often each text is there, and with who wrote them.

    Attributes:
        leaks: Those that it has: `cursor`, `times`, `author`.
    """

    def __init__(self, *leaks: str) -> None:
        super().__init__()
        self.leaks = leaks

    def discover(self) -> list[Operation]:
        """All operations."""
        return [STORE, PAGED, TIMES]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone, but for the leaks."""
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        self.calls += 1
        if operation is STORE:
            self.made += 1
            writer = arguments.get("written_for", caller) if "author" in self.leaks else caller
            name = f"01a1fc95-41f3-4131-b962-{self.made * 7919:012d}"
            self.kept.setdefault(writer, {})[name] = arguments["text"]
            return Answer(Outcome.OK, 200, {"id": name, "text": "kept", "written_for": writer})
        mine = self.kept.setdefault(caller, {})
        if operation is TIMES:
            every = self.kept.values() if "times" in self.leaks else [mine]
            texts = [text for kept in every for text in kept.values()]
            return Answer(Outcome.OK, 200, [texts.count(each) for each in mine.values()])
        owner, _, place = str(arguments.get("cursor") or f"{caller}/0").partition("/")
        if owner != caller and "cursor" not in self.leaks:
            return Answer(Outcome.ERROR, 400, None, {}, "bad_cursor")
        rows = [
            {"id": name, "text": text, "written_for": owner}
            for name, text in self.kept.get(owner, {}).items()
        ]
        first, size = int(place or 0), int(arguments.get("limit", 100))
        more = {"next_cursor": f"{owner}/{first + size}"} if len(rows) > first + size else {}
        return Answer(Outcome.OK, 200, {"notes": rows[first : first + size], **more})


@pytest.mark.parametrize(
    ("leak", "canary", "ownership"),
    [
        ("cursor", {PAGED.name}, set()),
        ("times", set(), {TIMES.name}),
        ("author", set(), {PAGED.name}),
        ("", set(), set()),
    ],
)
def test_survey_tries_foreign_cursors_equal_words_and_other_owners(
    leak: str, canary: set[str], ownership: set[str]
) -> None:
    history, _ = surveyed(Shelf(leak))
    found = Ownership().judge(history)
    assert {each.operation for each in Canary().judge(history)} >= canary
    assert {history.calls[each.calls[-1] - 1].operation for each in found} >= ownership
    if not leak:
        assert (Canary().judge(history), found) == ([], [])


def test_owner_is_named_between_the_readings_that_the_neighbours_acts_have_anyhow() -> None:
    history, _ = surveyed(Shelf("author"))
    asked = [each for each in history if "written_for" in each.arguments]
    probe = asked[0].probe
    assert probe is not None
    around = [each for each in history if each.probe is not None and each.probe.key == probe.key]
    # The neighbour stores things of its own between the same readings.
    assert any(each.operation == STORE.name and each not in asked for each in around)
    assert len(asked) == 1


def test_another_users_cursor_is_followed_to_the_end() -> None:
    # Where nothing is removed between runs, what is new comes last.
    history, _ = surveyed(Shelf("cursor"))
    followed = [
        call
        for call in history
        if call.arguments.get("cursor") and call.probe is not None and call.probe.part == "attack"
    ]
    assert followed
    assert all(call.arguments["limit"] == 100 for call in followed)


WORD = Parameter("word", {"type": "string"}, True, Role.TEXT)
LOOK_UP = Operation("rest", "rest:GET /words", (IDENTITY, WORD), reads_only=True)


class Dictionary(Notes):
    """Notes that are looked up by a whole text; what is nearly the same may be of any user.

    Attributes:
        leaks: Whether it is.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, LOOK_UP]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Refuse a text that the caller has not stored, with what others come near it."""
        if operation is not LOOK_UP:
            return super().call(operation, arguments, presented)
        self.calls += 1
        mine = self.kept.get(presented.headers.get("caller", ""), {})
        if arguments["word"] in mine.values():
            return Answer(Outcome.OK, 200, {"text": arguments["word"]})
        kept = [*self.kept.values()] if self.leaks else [mine]
        near = [each for one in kept for each in one.values() if each[:8] == arguments["word"][:8]]
        return Answer(Outcome.ERROR, 404, {"near": near}, {}, "unknown")


@pytest.mark.parametrize("leaks", [True, False])
def test_words_that_another_user_stored_under_any_name_are_looked_up(*, leaks: bool) -> None:
    history, _ = surveyed(Dictionary(leaks=leaks))
    found = {each.operation for each in Canary().judge(history)}
    assert found == ({LOOK_UP.name} if leaks else set())


PLATE = Parameter("plate", {"type": "string"}, True, Role.TEXT)
MODEL = Parameter("model", {"type": "string"}, True, Role.TEXT)
REGISTER = Operation("rest", "rest:POST /cars", (IDENTITY, PLATE, MODEL), reads_only=False)
CARS = Operation("rest", "rest:GET /cars", (IDENTITY,), reads_only=True, lists=True)


class Cars(Notes):
    """Cars by a short plate, of which only a refusal tells the length."""

    def discover(self) -> list[Operation]:
        """All operations."""
        return [REGISTER, CARS]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Register a car for the caller, whatever plates others have."""
        if operation is not REGISTER:
            return super().call(LIST, arguments, presented)
        if len(str(arguments["plate"])) > 12:
            self.calls += 1
            said = "A plate has 2 to 12 letters, digits and dashes."
            return Answer(Outcome.ERROR, 422, None, {}, "bad_plate", said)
        said = f"{arguments['plate']} {arguments['model']}"
        return super().call(ADD, {"user_id": arguments["user_id"], "text": said}, presented)


def test_free_word_is_as_long_as_the_one_that_is_taken() -> None:
    history, state = surveyed(Cars())
    assert state.situations["taken names tried"]
    found = Existence().judge(history)
    assert [each for each in found if each.rule is not BrokenRule.COUNTING] == []


ATHLETE = Parameter("athlete", {"type": "string"}, False, Role.REFERENCE)
NUMBER = Parameter("page", {"type": "integer"}, False, Role.VALUE)
LIST_OF = Operation("rest", "rest:GET /notes", (IDENTITY, ATHLETE, NUMBER), True, lists=True)


class OfAthletes(Notes):
    """Notes with a filter by whose they are, in pages."""

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST_OF]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """List the caller's own notes, or with the leak those of the user who is named."""
        if operation is not LIST_OF:
            return super().call(operation, arguments, presented)
        self.calls += 1
        caller = presented.headers.get("caller", "")
        named = str(arguments.get("athlete", caller))
        rows = self.kept.get(named, {}) if self.leaks or named == caller else {}
        page = rows if arguments.get("page", 1) == 1 else {}
        return Answer(Outcome.OK, 200, [{"id": key, "text": text} for key, text in page.items()])


@pytest.mark.parametrize("leaks", [True, False])
def test_filter_is_given_another_user_by_name_whatever_it_is_called(*, leaks: bool) -> None:
    history, _ = surveyed(OfAthletes(leaks=leaks))
    found = {each.operation for each in Canary().judge(history)}
    assert found == ({LIST_OF.name} if leaks else set())


UID = Parameter("uid", {"type": "string", "format": "uuid"}, True, Role.NAME)
PUT = Operation("rest", "rest:PUT /notes/{uid}", (IDENTITY, UID, TEXT), reads_only=False)


class Chosen(Notes):
    """Notes under ids that clients choose; one of another user may be replaced."""

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks

    def discover(self) -> list[Operation]:
        """All operations."""
        return [PUT, LIST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Store the caller's own note, in place of another's with the leak."""
        if operation is not PUT:
            return super().call(operation, arguments, presented)
        self.calls += 1
        caller, uid = presented.headers.get("caller", ""), str(arguments["uid"])
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        places = self.kept.values() if self.leaks else [self.kept.setdefault(caller, {})]
        known = [each for each in places if uid in each]
        for each in known:
            del each[uid]
        self.kept.setdefault(caller, {})[uid] = str(arguments["text"])
        return Answer(Outcome.OK, 200 if known else 201, {"uid": uid, "text": arguments["text"]})


@pytest.mark.parametrize("leaks", [True, False])
def test_id_that_another_user_chose_is_taken_and_a_free_one(*, leaks: bool) -> None:
    history, _ = surveyed(Chosen(leaks=leaks))
    pairs = [each for each in history if each.probe is not None and each.probe.kind == "names"]
    taken, free = (str(each.arguments["uid"]) for each in pairs[:2])
    assert any(each.arguments.get("uid") == taken for each in history.calls[: pairs[0].index - 1])
    assert not any(each.arguments.get("uid") == free for each in history.calls[: pairs[0].index])
    assert bool(Ownership().judge(history)) is leaks


ISSUE = Operation("rest", "rest:POST /notes/{note_id}/issue", (IDENTITY, NOTE), reads_only=False)


class Issued(Notes):
    """Notes that are issued once each, and get a number for it.

    Attributes:
        leaks: Whether numbers are counted over all users.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.issued: dict[str, str] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, GET, ISSUE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Issue the caller's own note, once."""
        if operation is not ISSUE:
            return super().call(operation, arguments, presented)
        self.calls += 1
        caller, name = presented.headers.get("caller", ""), str(arguments["note_id"])
        if caller != arguments.get("user_id") or name not in self.kept.get(caller, {}):
            return MISSING
        if name in self.issued:
            return Answer(Outcome.ERROR, 409, None, {}, "issued already")
        self.issued[name] = caller
        counted = [each for each in self.issued.values() if self.leaks or each == caller]
        return Answer(Outcome.OK, 200, {"id": name, "number": f"2026-{len(counted):04}"})


@pytest.mark.parametrize("leaks", [True, False])
def test_numbers_that_are_given_once_are_given_to_two_users_in_turn(*, leaks: bool) -> None:
    history, _ = surveyed(Issued(leaks=leaks))
    found = {e.operation for e in Existence().judge(history) if e.rule is BrokenRule.ACTIVITY}
    assert found == ({ISSUE.name} if leaks else set())
