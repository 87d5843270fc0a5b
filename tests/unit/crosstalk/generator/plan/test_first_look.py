"""The first look on systems made of memory: what it shows, at how many calls, and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Actor, Answer, History, Outcome, Probe
from crosstalk.core.policy import Policy
from crosstalk.core.policy.model import Allow, Person
from crosstalk.core.principals import USERS, Principals
from crosstalk.execution.executor import Executor
from crosstalk.execution.fixtures import NEWCOMERS
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.first_look import FirstLook
from crosstalk.generator.plan.sweep import Sweep
from crosstalk.oracles import ORACLES, Canary, Existence, Ownership
from crosstalk.oracles.controls import controls_of
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    CLOSE,
    DELETE,
    EDIT,
    GET,
    IDENTITY,
    LIST,
    NOTE,
    OPERATIONS,
    REMOVE,
    REOPEN,
    TEXT,
    Notes,
    Staged,
)


class Leaky(Notes):
    """Notes, one of whose operations forgets to ask whose they are.

    Args:
        leak: That operation.
    """

    def __init__(self, leak: Operation | None) -> None:
        super().__init__()
        self.leak = leak

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the notes of all users by the operation that leaks."""
        answer = super().call(operation, arguments, presented)
        caller = presented.headers.get("caller", "")
        everybody: dict[str, str] = {}
        for each in self.kept.values():
            everybody |= each
        if operation is not self.leak or caller != arguments.get("user_id"):
            return answer
        if operation is LIST:
            return Answer(Outcome.OK, 200, [{"id": i, "text": t} for i, t in everybody.items()])
        name = str(arguments.get("note_id"))
        owner = next((each for each in self.kept.values() if name in each), None)
        if operation is EDIT and owner is not None:
            owner[name] = str(arguments["text"])
        if operation is DELETE and owner is not None:
            del owner[name]
        return Answer(Outcome.OK, 200, {"id": name, "text": everybody.get(name, "")})


def looked(
    notes: Notes,
    histories: list[History] | None = None,
    judge: Callable[[History], bool] | None = None,
    *,
    one_is_enough: bool = False,
    concurrency: int = 1,
    forgeries: tuple[str, ...] = (),
    then: Callable[[GeneratorState], None] = lambda _: None,
    begun: bool = False,
    policy: Policy | None = None,
    apart: bool = False,
    changing: bool = True,
) -> list[History]:
    """Run the first look; return the histories of its examples.

    With `begun`, a newcomer has read the list before, as calibration does. With `apart`, the closer
    look has an example of its own; without `changing` the first has no changes of another's things.
    """
    operations = {each.name: each for each in notes.discover()}
    histories = [] if histories is None else histories
    state = GeneratorState(
        executor=Executor({"rest": notes}, operations, notes, concurrency),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}, policy=policy),
        observations=[each for each in operations.values() if each.lists],
        forgeries=forgeries,
        on_example_end=histories.append,
        stopped=lambda: notes.calls >= 1_000,
        principals=Principals(),
        judge=judge,
        one_is_enough=one_is_enough,
    )
    history = History({name: f"{name}-1" for name in USERS}) if begun else None
    if history is not None:
        newcomer = state.principals.members[-1]
        probe = Probe("ownership", NEWCOMERS, "before", newcomer.name)
        asked = {"user_id": history.subjects[newcomer.name]}
        state.executor.execute(history, newcomer, LIST.name, asked, probe)
    first_look = FirstLook(state, Random(1))
    first_look.run(history, closely=not apart, changing=changing)
    if apart:
        first_look.closer()
    then(state)
    return histories


def _compared(history: History) -> set[str]:
    """Return the operations called with another's object and with none."""
    return {
        call.operation
        for call in history
        if call.probe is not None and call.probe.kind == "existence"
    }


def suspected(histories: list[History]) -> set[str]:
    """Return the operations that an oracle suspects, but for ids that can be counted."""
    return {
        suspicion.operation
        for history in histories
        for oracle in ORACLES
        for suspicion in oracle.judge(history)
        if suspicion.rule is not BrokenRule.COUNTING
    }


@pytest.mark.parametrize("leak", [LIST, GET, EDIT, DELETE])
def test_each_plain_leak_is_suspected_within_few_calls(leak: Operation) -> None:
    (history,) = looked(Leaky(leak))
    soon = History(history.subjects, history.calls[: 3 * len(OPERATIONS)])
    assert suspected([soon])


@pytest.mark.parametrize("leak", [EDIT, DELETE])
def test_object_that_another_user_was_let_change_is_read_at_once(leak: Operation) -> None:
    (history,) = looked(Leaky(leak), one_is_enough=True)
    changed = next(
        call
        for call in history
        if call.operation == leak.name
        and call.actor.name == "bob"
        and call.probe is not None
        and call.probe.part == "foreign"
    )
    soon = History(history.subjects, history.calls[: changed.index + 3])
    read = {call.operation for call in soon.calls[changed.index :] if call.actor.name == "alice"}
    assert GET.name in read
    assert any(Ownership().judge(soon))


@pytest.mark.parametrize("leak", [EDIT, DELETE])
def test_changes_left_out_of_the_first_look_are_made_by_the_closer_look(leak: Operation) -> None:
    plain, close = looked(Leaky(leak), apart=True, changing=False)
    assert GET.name in _compared(plain)
    assert _compared(plain).isdisjoint({EDIT.name, DELETE.name})
    assert suspected([plain]) == set()
    assert suspected([close])


def test_nothing_is_read_at_once_where_no_change_is_served() -> None:
    (history,) = looked(Notes(), one_is_enough=True)
    refused = [
        call.index
        for call in history
        if call.operation == EDIT.name and call.actor.name == "bob" and call.probe is not None
    ]
    assert refused
    assert history.calls[refused[0]].actor.name == "bob"


def test_unusual_refusal_of_another_users_object_is_compared_at_once() -> None:
    class Telling(Notes):
        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            answer = super().call(operation, arguments, presented)
            there = any(arguments.get("note_id") in mine for mine in self.kept.values())
            if operation is EDIT and answer.status == 404 and there:
                return Answer(Outcome.ERROR, 404, None, {}, "not_yours")
            return answer

    (history,) = looked(Telling())
    foreign = next(
        call
        for call in history
        if call.operation == EDIT.name and call.probe and call.probe.part == "foreign"
    )
    soon = History(history.subjects, history.calls[: foreign.index + 1])
    assert {each.operation for each in Existence().judge(soon)} == {EDIT.name}
    # What is refused as all else is compared later.
    removed = next(
        call
        for call in history
        if call.operation == DELETE.name and call.probe and call.probe.part == "foreign"
    )
    following = history.calls[removed.index].probe
    assert following is None or following.part != "missing"


def test_a_closer_look_of_its_own_names_everything_anew() -> None:
    plain, close = looked(Notes(), apart=True)
    named = [
        {call.operation for call in history if call.probe and call.probe.part == "foreign"}
        for history in (plain, close)
    ]
    assert {GET.name, EDIT.name, DELETE.name} <= named[0] & named[1]
    emptied = [
        [call for call in history if call.probe and call.arguments.get("text") == ""]
        for history in (plain, close)
    ]
    # Values that are refused wait for the closer look.
    assert not emptied[0]
    assert emptied[1]
    assert not suspected([plain, close])


class Counting(Notes):
    """Counts the notes of all users in each list."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call."""
        answer = super().call(operation, arguments, presented)
        if operation is not LIST or answer.outcome is not Outcome.OK:
            return answer
        total = sum(map(len, self.kept.values()))
        return Answer(Outcome.OK, 200, {"notes": answer.body, "total": total})


def test_count_of_what_all_users_store_is_suspected() -> None:
    assert suspected(looked(Counting()))


def test_a_call_that_does_not_say_whose_it_is_is_made_after_another_users() -> None:
    class Remembering(Notes):
        before = ""

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            caller = presented.headers.get("caller", "")
            if caller and "user_id" not in arguments and self.before:
                known = Presented({"caller": self.before})
                return super().call(operation, {**arguments, "user_id": self.before}, known)
            answer = super().call(operation, arguments, presented)
            if answer.outcome is Outcome.OK:
                self.before = caller
            return answer

    assert suspected(looked(Remembering())) == {LIST.name}


def test_a_count_that_is_kept_for_a_moment_is_read_just_after_another_user_has() -> None:
    class Counting(Notes):
        lately: tuple[int, Answer] | None = None

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            answer = super().call(operation, arguments, presented)
            if operation is not LIST or answer.outcome is not Outcome.OK:
                return answer
            if self.lately is None or self.calls > self.lately[0] + 1:
                self.lately = self.calls, Answer(Outcome.OK, 200, {"notes": len(answer.body)})
            return self.lately[1]

    assert suspected(looked(Counting()))


def test_each_spoiled_credential_is_tried_once_and_one_that_is_accepted_is_suspected() -> None:
    class Careless(Notes):
        def present(self, actor: Actor, subject: str, surface: str) -> Presented:
            if actor.forgery == "expired":
                return Presented({"caller": subject})
            return super().present(actor, subject, surface)

    (history,) = looked(Careless(), forgeries=("alg-none", "expired"))
    forged = [call.actor.forgery for call in history if call.actor.forgery]
    assert forged == ["alg-none", "expired"]
    assert suspected([history])
    assert not suspected(looked(Notes(), forgeries=("alg-none", "expired")))


SLUG = Parameter("slug", {"type": "string"}, True, Role.NAME)
KEEP = Operation("rest", "rest:POST /links", (IDENTITY, SLUG, TEXT), reads_only=False)
DROP = Operation("rest", "rest:DELETE /links/{slug}", (IDENTITY, SLUG), reads_only=False)
LINKS = Operation("rest", "rest:GET /links", (IDENTITY,), reads_only=True, lists=True)


@pytest.mark.parametrize("folds", [True, False])
def test_name_that_is_refused_is_tried_in_the_other_case(*, folds: bool) -> None:
    class Links(Notes):
        """Links by names in small letters, which are dropped by names in any case, or not."""

        def discover(self) -> list[Operation]:
            return [KEEP, LINKS, DROP]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            self.calls += 1
            caller, slug = presented.headers.get("caller", ""), str(arguments.get("slug"))
            if caller != arguments.get("user_id"):
                return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
            mine = self.kept.setdefault(caller, {})
            if operation is KEEP:
                mine[slug.lower()] = str(arguments["text"])
            elif operation is DROP:
                owner = next((each for each in self.kept if slug in self.kept[each]), caller)
                every = {name for kept in self.kept.values() for name in kept}
                if owner != caller or slug.lower() not in (every if folds else mine):
                    return Answer(Outcome.ERROR, 404, None)
                for kept in self.kept.values():
                    kept.pop(slug.lower(), None)
                return Answer(Outcome.OK, 204, None)
            found = [{"slug": name, "text": text} for name, text in mine.items()]
            return Answer(Outcome.OK, 200, found if operation is LINKS else found[-1])

    found = suspected(looked(Links()))
    assert (DROP.name in found) is folds


@pytest.mark.parametrize("operations", [("* /notes*",), ("PATCH /notes*",)])
def test_users_of_two_tenants_meet_and_colleagues_where_a_thing_is_ones_own(
    operations: tuple[str, ...],
) -> None:
    class Tenants(Notes):
        """Any user of a tenant may do all that is allowed, and those of others may delete."""

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            named = str(arguments.get("note_id", ""))
            caller = presented.headers.get("caller", "")
            everybody = operations == ("* /notes*",) or not caller.startswith("carol")
            owner = next((each for each in self.kept if named in self.kept[each]), caller)
            if operation is DELETE and everybody and caller == arguments.get("user_id"):
                presented, arguments = Presented({"caller": owner}), {**arguments, "user_id": owner}
            return super().call(operation, arguments, presented)

    people = {"alice": "red", "bob": "red", "carol": "blue"}
    policy = Policy(
        people={name: Person(name, tenant) for name, tenant in people.items()},
        allows=(Allow(("*",), "tenant", operations, change=True),),
    )
    (history,) = looked(Tenants(), policy=policy)
    assert Ownership().judge(history)
    permitting = Policy(people=policy.people, allows=(Allow(("*",), "any", change=True),))
    (history,) = looked(Tenants(), policy=permitting)
    assert not Ownership().judge(history)


ARCHIVE = Operation("rest", "rest:POST /notes/{note_id}/archive", (IDENTITY, NOTE), False)
UNARCHIVE = Operation("rest", "rest:POST /notes/{note_id}/unarchive", (IDENTITY, NOTE), False)


@pytest.mark.parametrize("leaks", [True, False])
@pytest.mark.parametrize("edited", [True, False])
@pytest.mark.parametrize("put_away", [ARCHIVE, DELETE])
def test_object_that_its_owner_has_put_away_is_read_by_another_user(
    put_away: Operation, *, edited: bool, leaks: bool
) -> None:
    class Archive(Notes):
        def __init__(self) -> None:
            super().__init__()
            self.away: dict[str, tuple[str, str]] = {}

        def discover(self) -> list[Operation]:
            changes = [*([EDIT] if edited else []), put_away]
            return [ADD, LIST, GET, *changes, *([UNARCHIVE] if put_away is ARCHIVE else [])]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            caller, name = presented.headers.get("caller", ""), str(arguments.get("note_id"))
            mine = self.kept.setdefault(caller, {})
            if caller == arguments.get("user_id"):
                owner, text = self.away.get(name, ("", ""))
                if operation is GET and owner and (leaks or owner == caller):
                    return Answer(Outcome.OK, 200, {"id": name, "text": text})
                if operation is put_away and name in mine:
                    self.away[name] = (caller, mine.pop(name))
                    return Answer(Outcome.OK, 200, {"id": name})
                if operation is UNARCHIVE and owner == caller:
                    mine[name] = self.away.pop(name)[1]
                    return Answer(Outcome.OK, 200, {"id": name})
            plain = GET if operation in (ARCHIVE, UNARCHIVE) else operation
            return super().call(plain, arguments, presented)

    found = {each.operation for history in looked(Archive()) for each in Canary().judge(history)}
    assert found == ({GET.name} if leaks else set())


@pytest.mark.parametrize("leaks", [True, False])
def test_words_that_refuse_what_was_put_away_are_compared_with_those_for_nothing(
    *, leaks: bool
) -> None:
    class Bin(Notes):
        def __init__(self) -> None:
            super().__init__()
            self.binned: dict[str, str] = {}

        def discover(self) -> list[Operation]:
            return [ADD, LIST, GET, EDIT, DELETE]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            caller, name = presented.headers.get("caller", ""), str(arguments.get("note_id"))
            if caller == arguments.get("user_id"):
                owner = self.binned.get(name)
                if operation is GET and owner and (leaks or owner == caller):
                    return Answer(Outcome.ERROR, 404, None, {}, "in_bin", "it is in the bin")
                if operation is DELETE and name in self.kept.get(caller, {}):
                    self.binned[name] = caller
            return super().call(operation, arguments, presented)

    found = {each.operation for one in looked(Bin()) for each in Existence().judge(one)}
    assert (GET.name in found) is leaks


@pytest.mark.parametrize("all_checked", [True, False])
@pytest.mark.parametrize(("name", "kind"), [("note_ids", "array"), ("note_ids[]", "string")])
def test_another_users_object_is_named_behind_an_own_one(
    name: str, kind: str, *, all_checked: bool
) -> None:
    notes = Parameter(name, {"type": kind}, True, Role.REFERENCE)
    blank = Operation("rest", "rest:POST /notes/blank", (IDENTITY, notes), reads_only=False)

    class Several(Notes):
        def discover(self) -> list[Operation]:
            return [*super().discover(), blank]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            ids = ("note_ids[]", "note_ids[1]")
            named = arguments.get(
                "note_ids", [arguments[each] for each in ids if each in arguments]
            )
            mine = self.kept.get(presented.headers.get("caller", ""), {})
            checked = named if all_checked else named[:1]
            if operation is not blank:
                return super().call(operation, arguments, presented)
            if not all(each in mine for each in checked):
                return Answer(Outcome.ERROR, 404, None)
            for kept in self.kept.values():
                kept.update(dict.fromkeys(kept.keys() & set(named), ""))
            return Answer(Outcome.OK, 204, None)

    found = suspected(looked(Several()))
    assert (blank.name in found) is not all_checked


ABOUT_ITSELF = Operation("rest", "rest:GET /docs", (), reads_only=True, descriptive=True)


class Documented(Notes):
    """Notes with a document that describes them."""

    def discover(self) -> list[Operation]:
        """All operations."""
        return [*OPERATIONS, ABOUT_ITSELF]


@pytest.mark.parametrize("changing", [True, False])
def test_descriptions_are_read_in_one_of_the_two_looks(changing: bool) -> None:
    plain, close = looked(Documented(), apart=True, changing=changing)
    read = [sum(e.operation == ABOUT_ITSELF.name for e in each) for each in (plain, close)]
    assert (read[0] > 0, read[1] > 0) == (changing, not changing)


def test_a_change_is_seen_though_descriptions_are_read_between() -> None:
    about = Operation("rest", "rest:GET /openapi.json", (), reads_only=True, descriptive=True)

    class Described(Leaky):
        def discover(self) -> list[Operation]:
            return [*super().discover(), about]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            if operation is about:
                return Answer(Outcome.OK, 200, {"openapi": "3.1.0"})
            return super().call(operation, arguments, presented)

    histories = looked(Described(DELETE))
    assert any(Ownership().judge(each) for each in histories)
    assert not any(Ownership().judge(each) for each in looked(Described(None)))


@pytest.mark.parametrize("keeps", [True, False])
def test_lists_that_describe_a_protocol_are_read_just_after_objects_were(*, keeps: bool) -> None:
    templates = Operation("rest", "rest:notes/list", (), reads_only=True, descriptive=True)

    class Templates(Notes):
        last = ""

        def discover(self) -> list[Operation]:
            return [*super().discover(), templates]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            if operation is templates:
                # Only what was shown just now: anything else done with notes drops it.
                return Answer(Outcome.OK, 200, {"description": f"A note, such as {self.last}"})
            answer = super().call(operation, arguments, presented)
            if operation is GET and answer.outcome is Outcome.OK and keeps:
                self.last = str(answer.body["text"])
            elif operation not in (GET, LIST):
                self.last = ""
            return answer

    histories = looked(Templates())
    shown = {each.operation for history in histories for each in Canary().judge(history)}
    assert (templates.name in shown) is keeps


def test_list_that_is_kept_until_the_next_change_is_suspected() -> None:
    class Keeping(Notes):
        shown: Answer | None = None

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            answer = super().call(operation, arguments, presented)
            if operation is LIST and answer.outcome is Outcome.OK:
                self.shown = self.shown or answer
                return self.shown
            if not operation.reads_only:
                self.shown = None
            return answer

    assert suspected(looked(Keeping()))


def test_another_reads_a_list_after_its_owner_and_while_the_owner_reads() -> None:
    (history,) = looked(Notes(), concurrency=8)
    lists = [call for call in history if call.operation == LIST.name]
    begun = max(
        call.index
        for call in lists
        if call.probe and (call.probe.part, call.probe.victim) == ("before", "alice")
    )
    reading = [call for call in lists if call.index >= begun]
    assert [call.actor.name for call in reading[:2]] == ["alice", "bob"]
    together = {call.actor.name for call in history if call.together == reading[1].together}
    assert reading[1].together
    assert together == {"alice", "bob"}


def test_gates_newcomers_lists_and_another_users_object_are_tried_before_all_else() -> None:
    (history,) = looked(Notes())
    first = {
        name: next(call.index for call in history if call.actor.name == name)
        for name in ("alice", "anonymous", "bob-with-alice's-id")
    }
    probes = [(call.index, call.probe) for call in history if call.probe is not None]
    before = next(
        index for index, each in probes if (each.part, each.victim) == ("before", "alice")
    )
    named = next(index for index, each in probes if each.kind == "existence")
    again = next(index for index, each in probes if (each.part, each.victim) == ("after", "carol"))
    assert first["alice"] < first["bob-with-alice's-id"] < first["anonymous"] < before
    assert before < again < named


def test_count_of_all_users_shows_in_a_newcomers_lists() -> None:
    (history,) = looked(Counting())
    named = next(call.index for call in history if call.probe and call.probe.kind == "existence")
    soon = History(history.subjects, history.calls[: named - 1])
    assert {each.operation for each in Ownership().judge(soon)} == {ADD.name}


class StateFirst(Staged):
    """Notes whose second step looks at the state before it looks whose the note is."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Tell any user that a note is there to which the first step was not done."""
        name = str(arguments.get("note_id"))
        there = any(name in mine for mine in self.kept.values())
        if operation is self.second and there and name not in self.begun:
            return Answer(Outcome.ERROR, 409, None, {}, "conflict", "not now")
        return super().call(operation, arguments, presented)


def test_reopening_is_compared_before_anything_is_closed() -> None:
    found = {
        each.operation
        for history in looked(StateFirst(CLOSE, REOPEN, leaks=False))
        for each in Existence().judge(history)
    }
    assert REOPEN.name in found


UNDO = Operation("rest", "rest:POST /undo", (IDENTITY,), reads_only=False)


class Undone(Notes):
    """Notes, of which the last one is taken back: the caller's, or any user's."""

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.stack: list[tuple[str, str]] = []

    def discover(self) -> list[Operation]:
        """All operations."""
        return [*super().discover(), UNDO]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Take back the last note that is there."""
        caller = presented.headers.get("caller", "")
        if operation is UNDO:
            left = [
                (owner, name)
                for owner, name in self.stack
                if (self.leaks or owner == caller) and name in self.kept.get(owner, {})
            ]
            for owner, name in left[-1:]:
                del self.kept[owner][name]
            return Answer(Outcome.OK, 200, {"undone": len(left[-1:])})
        answer = super().call(operation, arguments, presented)
        if operation is ADD and answer.outcome is Outcome.OK:
            self.stack.append((caller, answer.body["id"]))
        return answer


@pytest.mark.parametrize("leaks", [True, False])
def test_change_that_names_no_object_is_made_by_another_user(*, leaks: bool) -> None:
    blamed = {
        history.calls[place - 1].operation
        for history in looked(Undone(leaks=leaks))
        for suspicion in Ownership().judge(history)
        for place in range(suspicion.calls[0], suspicion.calls[-1])
    }
    assert (UNDO.name in blamed) is leaks


def test_it_goes_on_with_what_a_newcomer_has_read() -> None:
    (history,) = looked(Counting(), begun=True)
    probes = [(call.actor.name, call.probe.part) for call in history.calls[:5] if call.probe]
    assert probes[0] == ("carol", "before")
    assert ("carol", "before") not in probes[1:]
    assert ADD.name in {each.operation for each in Ownership().judge(history)}


def test_nothing_is_suspected_where_users_are_kept_apart() -> None:
    assert not suspected(looked(Notes()))


def test_the_sweep_compares_nothing_of_it_again() -> None:
    def sweep(state: GeneratorState) -> None:
        (first,) = histories
        counted: dict[str, set[str]] = {}
        for name, control in controls_of(first).items():
            for oracle, count in control.oracles.items():
                if count:
                    counted.setdefault(oracle, set()).add(name)
        Sweep(state, lambda: counted, Random(1), 1_000).run()

    histories: list[History] = []
    looked(Notes(), histories, then=sweep)
    first, *later = (_compared(each) for each in histories)
    assert {GET.name, EDIT.name} <= first
    assert later
    # Of one note's two removals its owner can make one alone.
    assert first & set().union(*later) <= {REMOVE.name}


def test_objects_are_removed_last_and_each_by_its_owner_after_another_user_tried() -> None:
    (history,) = looked(Notes())
    removing = [call for call in history if call.operation in (DELETE.name, REMOVE.name)]
    served = [call for call in removing if call.answer.outcome is Outcome.OK]
    assert {call.actor.name for call in served} == {"alice"}
    others = [call for call in history if call not in removing]
    edited = max(
        call.index
        for call in others
        if call.operation == EDIT.name
        and call.probe
        and call.probe.part == "foreign"
        # What was refused is named with a bad value as well, later.
        and call.arguments["text"]
    )
    assert min(call.index for call in removing) > edited


@pytest.mark.parametrize("one_is_enough", [True, False])
def test_a_finding_ends_it_where_one_is_enough(one_is_enough: bool) -> None:
    def judge(history: History) -> bool:
        # Carol has stored nothing yet.
        return any(
            call.operation == LIST.name and call.actor.name == "carol" and call.answer.body
            for call in history
        )

    notes = Leaky(LIST)
    (history,) = looked(notes, judge=judge, one_is_enough=one_is_enough)
    edited = any(call.operation == EDIT.name for call in history)
    assert edited is not one_is_enough
    assert any(call.operation == ADD.name for call in history)


def test_every_spoiled_credential_is_presented() -> None:
    kinds = ("expired", "wrong-audience", "alg-none")
    (history, *_) = looked(Notes(), forgeries=kinds)
    tried = [call for call in history if call.actor.forgery is not None]
    assert {call.actor.forgery for call in tried} == set(kinds)
    assert all(call.operation.startswith("rest:GET ") for call in tried)


def test_values_that_a_refusal_lists_are_seen_before_they_are_named() -> None:
    class Suggesting(Notes):
        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            answer = super().call(operation, arguments, presented)
            if answer.status != 404:
                return answer
            known = [text for kept in self.kept.values() for text in kept.values()]
            return Answer(Outcome.ERROR, 404, {"there are": known, "of": [*self.kept]}, {})

    (history,) = looked(Suggesting())
    asked = [call for call in history if call.probe is not None and call.probe.kind == "existence"]
    parts = [call.probe.part for call in asked if call.probe is not None]
    assert parts[:2] == ["missing", "foreign"]
    assert GET.name in {each.operation for each in Canary().judge(history)}
