"""Confirmation of suspicions on a system in memory with one fault, or one oddity, at a time."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Actor, Answer, History, Outcome, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.principals import HIJACKER, IMPOSTOR, forger
from crosstalk.core.script import Script
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed, Rejected, attempts_for
from crosstalk.execution.executor import Executor
from crosstalk.execution.replay import Replayer
from crosstalk.oracles.base import Suspicion
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, ok, refused

IDENTITY = Parameter("user_id", {"type": "string"}, True, Role.IDENTITY)
NOTE = Parameter("note_id", {"type": "integer"}, True, Role.REFERENCE)
TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
OPERATIONS = {
    each.name: each
    for each in (
        Operation("mem", "add_note", (IDENTITY, TEXT), reads_only=False),
        Operation("mem", "edit_note", (IDENTITY, NOTE, TEXT), reads_only=False),
        Operation("mem", "get_note", (IDENTITY, NOTE), reads_only=True),
        Operation("mem", "list_notes", (IDENTITY,), reads_only=True, lists=True),
        Operation("mem", "list_recent", (IDENTITY,), reads_only=True, lists=True),
    )
}
MISSING = 900_000_001
# Seconds after which something happens by itself.
_LATER = 0.25
# Runs in which a leak shows that never shows again, that of one replay the last of them.
_FIRST_RUNS = 3
# Notes that are not many.
_CROWD = 15
# The number of what a system shows to every user.
CATALOGUED = 7_000


class Notes:
    """Keeps notes of users.

    Args:
        faults: What is wrong with it: `list`, `get` and `edit` do not look at the owner, `tells`
            answers 403 for another user's note and 404 for a missing one, `open` serves whoever
            has no credential, `trusts` believes the argument and not the credential, `rarely`
            makes the list leak in every second run, `chance` in two of five once anyone has
            listed, `later` some time after the last note, `first` in the first runs alone,
            `crowd` in those, too, and with many notes alone.
        oddities: What is unusual and harmless: `log` keeps a log of each user's own readings,
            `times` puts a number that grows into each error, `motto` shows all users one value,
            `catalogue` lists and shows every user a note that is there from the beginning.
    """

    def __init__(self, *faults: str, oddities: tuple[str, ...] = ()) -> None:
        self.faults = set(faults)
        self.oddities = set(oddities)
        self.runs = 0
        self.clock = itertools.count(1)
        self.reset()

    def _falls(self) -> bool:
        # The first runs, and then two in five.
        return self.runs < 8 or Random(f"{self.runs}").random() < 0.4

    def reset(self) -> None:
        """Empty the system."""
        self.runs += 1
        self.notes: dict[int, dict[str, Any]] = {}
        self.logs: dict[str, list[str]] = {}
        self.written = 0.0
        self.warm = False

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(OPERATIONS.values())

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call."""
        user = presented.connection or None
        if user is None and "open" not in self.faults:
            return refused(401, "unauthorized")
        if "trusts" in self.faults or user is None:
            user = str(arguments.get("user_id"))
        log = self.logs.setdefault(user, [])
        if operation.name == "list_recent" and "catalogue" in self.oddities:
            return ok({"items": [{"note_id": CATALOGUED, "text": "for all"}]})
        if operation.name == "list_recent":
            self.warm = True
            return ok(log[-1:])
        if "log" in self.oddities:
            log.append(f"{operation.name} {len(log)}")
        return getattr(self, operation.name)(user, arguments)  # type: ignore[no-any-return]

    def add_note(self, user: str, arguments: Mapping[str, Any]) -> Answer:
        """Store a note."""
        number = len(self.notes) + 1
        self.written = time.monotonic()
        self.notes[number] = {"note_id": number, "text": arguments.get("text"), "owner": user}
        return ok(dict(self.notes[number]))

    def list_notes(self, user: str, arguments: Mapping[str, Any]) -> Answer:
        """List notes."""
        leaks = "list" in self.faults or ("rarely" in self.faults and self.runs % 2 == 0)
        leaks = leaks or ("chance" in self.faults and self.warm and self._falls())
        leaks = leaks or ("first" in self.faults and self.runs <= _FIRST_RUNS)
        few = len(self.notes) <= _CROWD or self.runs > _FIRST_RUNS + 2
        leaks = leaks or ("crowd" in self.faults and not few)
        leaks = leaks or ("later" in self.faults and time.monotonic() > self.written + _LATER)
        rows = [dict(each) for each in self.notes.values() if leaks or each["owner"] == user]
        return ok({"notes": rows, **self._motto()})

    def get_note(self, user: str, arguments: Mapping[str, Any]) -> Answer:
        """Return a note."""
        return self._found(user, arguments, "get") or ok(
            self.notes[int(arguments["note_id"])] | self._motto()
        )

    def edit_note(self, user: str, arguments: Mapping[str, Any]) -> Answer:
        """Change a note."""
        missing = self._found(user, arguments, "edit")
        if missing is not None:
            return missing
        self.notes[int(arguments["note_id"])]["text"] = arguments.get("text")
        return ok({"edited": True})

    def _found(self, user: str, arguments: Mapping[str, Any], fault: str) -> Answer | None:
        """An error unless the note is there and may be used."""
        note = self.notes.get(int(arguments.get("note_id") or 0))
        if note is None and int(arguments.get("note_id") or 0) == CATALOGUED:
            self.notes[CATALOGUED] = note = {"note_id": CATALOGUED, "owner": user}
            return None
        message = f"no such note ({next(self.clock)})" if "times" in self.oddities else "no"
        if note is not None and (note["owner"] == user or fault in self.faults):
            return None
        if note is not None and "tells" in self.faults:
            return refused(403, "forbidden", message)
        return refused(404, "not_found", message)

    def _motto(self) -> dict[str, str]:
        return {"motto": "a1b2c3d4e5f6a7b8c9d0"} if "motto" in self.oddities else {}

    def close(self) -> None:
        """Nothing is open."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return NOTHING if actor.user is None else Presented(connection=subject)


class Trial:
    """Makes calls on a system and confirms what the oracles suspect of them."""

    def __init__(self, system: Notes, *, new_users: bool = False) -> None:
        self.new_users = new_users
        self.executor = Executor({"mem": system}, OPERATIONS, system)
        self.system = system
        self.replayer = Replayer(self.executor, self._fresh)
        self.history = self._fresh()

    def _fresh(self) -> History:
        self.system.reset()
        nonce = secrets.token_hex(4)
        users = {"alice": f"alice-{nonce}", "bob": f"bob-{nonce}"}
        return History(users, new_users=self.new_users)

    def call(
        self, actor: Actor, operation: str, probe: Probe | None = None, **arguments: Any
    ) -> Answer:
        """Make one call with the identity that the actor claims."""
        identity = {"user_id": self.history.subjects[actor.claims]}
        return self.executor.execute(
            self.history, actor, operation, identity | arguments, probe
        ).answer

    def add(self, actor: Actor, number: int) -> int:
        """Store a note of the actor's; return its number."""
        answer = self.call(actor, "add_note", text=marker(str(actor.user), number))
        return int(answer.body["note_id"])

    def suspicions(self, oracle: str, shown_by: str | None = None) -> list[Suspicion]:
        """Return what an oracle suspects, of all operations or of one."""
        return [
            each
            for each in self.replayer.judged(self.history, oracle)
            if shown_by in (None, self.history.calls[each.calls[-1] - 1].operation)
        ]

    def confirm(self, suspicion: Suspicion) -> Confirmed | Rejected:
        """Confirm one."""
        return Confirmation(self.replayer).confirm(self.history, suspicion)


def confirmed(found: Confirmed | Rejected) -> Confirmed:
    """The suspicion, which must have been believed."""
    assert isinstance(found, Confirmed), found
    return found


def calls_of(found: Confirmed) -> list[tuple[str, str]]:
    """Who calls what in the script."""
    return [(step.actor.name, step.operation) for step in found.script.steps]


def attacked(trial: Trial, attack: Callable[[int], None], reading: str = "get_note") -> Suspicion:
    """The suspicion of the ownership oracle after an attack between two readings of alice's."""
    note = trial.add(ALICE, 1)
    trial.add(BOB, 2)
    arguments = {"note_id": note} if reading == "get_note" else {}
    read = ("list_notes", reading) if reading == "list_recent" else (reading,)
    for part in ("before", "after"):
        for operation in read:
            trial.call(ALICE, operation, Probe("ownership", 1, part, "alice"), **arguments)
        if part == "before":
            attack(note)
    return trial.suspicions("ownership", reading)[0]


def test_each_of_three_leaks_is_confirmed_on_its_own_operation() -> None:
    trial = Trial(Notes("list", "get", "edit"))
    attack = Probe("ownership", 1, "attack", "alice")

    def act(note: int) -> None:
        trial.call(BOB, "list_notes", attack)
        trial.call(BOB, "edit_note", attack, note_id=note, text=marker("bob", 3))
        trial.call(BOB, "get_note", attack, note_id=note)

    suspicion = attacked(trial, act)
    edited = confirmed(trial.confirm(suspicion))
    assert edited.operation == "edit_note"
    assert calls_of(edited) == [
        ("alice", "add_note"),
        ("alice", "get_note"),
        ("bob", "edit_note"),
        ("alice", "get_note"),
    ]
    for operation in ("list_notes", "get_note"):
        trial = Trial(Notes("list", "get", "edit"))
        note = trial.add(ALICE, 1)
        trial.add(BOB, 2)
        trial.call(BOB, "list_notes")
        trial.call(BOB, "edit_note", note_id=note, text=marker("bob", 3))
        trial.call(BOB, "get_note", note_id=trial.add(ALICE, 4))
        suspicion = trial.suspicions("canary", operation)[-1]
        found = confirmed(trial.confirm(suspicion))
        assert found.operation == operation
        assert calls_of(found) == [("alice", "add_note"), ("bob", operation)]
        assert found.replayed == (3, 3)


def test_a_note_that_was_overwritten_is_laid_to_the_operation_that_did_it() -> None:
    trial = Trial(Notes("edit"))
    note = trial.add(ALICE, 1)
    trial.call(BOB, "edit_note", note_id=note, text=marker("bob", 2))
    trial.call(ALICE, "get_note", note_id=note)
    (suspicion,) = trial.suspicions("canary")
    assert suspicion.operation == "get_note"
    found = confirmed(trial.confirm(suspicion))
    assert found.operation == "edit_note"
    assert found.suspicion.summary.endswith(", shown by get_note")
    again = Confirmation(trial.replayer).reproduces(found.script, "canary", "edit_note")
    assert again is not None
    trial.system.faults = {"list", "get"}
    assert Confirmation(trial.replayer).reproduces(found.script, "canary", "edit_note") is None


def test_a_reading_that_changes_by_the_victims_own_reading_is_not_believed() -> None:
    trial = Trial(Notes(oddities=("log",)))

    def act(note: int) -> None:
        trial.add(BOB, 9)

    suspicion = attacked(trial, act, "list_recent")
    assert trial.confirm(suspicion) == Rejected(
        "shows all the same with the act left out", explained=True
    )


def compare(trial: Trial, note: int) -> Suspicion:
    """The suspicion of the existence oracle after one comparison."""
    for part, number in (("foreign", note), ("missing", MISSING)):
        trial.call(BOB, "get_note", Probe("existence", 1, part, "alice"), note_id=number)  # type: ignore[arg-type]
    return trial.suspicions("existence")[0]


def test_an_error_text_that_differs_between_any_two_calls_is_no_existence_leak() -> None:
    trial = Trial(Notes(oddities=("times",)))
    found = trial.confirm(compare(trial, trial.add(ALICE, 1)))
    assert isinstance(found, Rejected)
    assert found.explained


def test_an_id_that_is_listed_to_the_caller_as_well_is_no_existence_leak() -> None:
    trial = Trial(Notes(oddities=("catalogue",)))
    trial.call(ALICE, "list_recent")
    found = trial.confirm(compare(trial, CATALOGUED))
    assert isinstance(found, Rejected)
    assert found.explained


def test_a_status_that_tells_a_foreign_id_is_believed_beside_a_text_that_always_differs() -> None:
    trial = Trial(Notes("tells", oddities=("times",)))
    trial.add(BOB, 3)
    found = confirmed(trial.confirm(compare(trial, trial.add(ALICE, 1))))
    assert found.operation == "get_note"
    assert found.replayed == (3, 3)


def test_a_value_that_all_users_are_shown_is_no_leak() -> None:
    trial = Trial(Notes(oddities=("motto",)))
    trial.add(ALICE, 1)
    for actor in (ALICE, BOB):
        trial.call(actor, "list_notes")
    found = trial.confirm(trial.suspicions("canary")[0])
    assert isinstance(found, Rejected)
    assert found.explained


def test_a_leak_that_shows_in_some_replays_is_shrunk_and_counted() -> None:
    trial = Trial(Notes("rarely"))
    for number in range(6):
        trial.add((ALICE, BOB)[number % 2], number)
    trial.call(BOB, "list_notes")
    found = confirmed(trial.confirm(trial.suspicions("canary")[0]))
    assert calls_of(found) == [("alice", "add_note"), ("bob", "list_notes")]
    planted, received = found.evidence
    assert (planted.number, received.number) == (1, 2)
    assert planted.call.startswith("alice: add_note ")
    assert received.call.startswith("bob: list_notes ")
    crossed = [text for text, foreign in received.parts() if foreign]
    assert any(text in planted.call for text in crossed)
    assert not any(foreign for _, foreign in planted.parts())
    shown, replays = found.replayed
    assert 0 < shown < replays


def test_a_leak_that_shows_by_chance_is_shrunk_though_it_showed_at_once() -> None:
    trial = Trial(Notes("chance"))
    for number in range(8):
        trial.add((ALICE, BOB)[number % 2], number)
        trial.call((ALICE, BOB)[number % 2], "list_recent")
    trial.call(BOB, "list_notes")
    found = confirmed(trial.confirm(trial.suspicions("canary")[0]))
    assert [operation for _, operation in calls_of(found)] in (
        ["add_note", "list_recent", "list_notes"],
        ["list_recent", "add_note", "list_notes"],
    )
    shown, replays = found.replayed
    assert 0 < shown < replays


@pytest.mark.parametrize(
    ("shown", "replays", "attempts"), [(3, 3, 1), (2, 3, 3), (1, 2, 5), (1, 3, 8), (1, 8, 8)]
)
def test_attempts_grow_with_how_seldom_it_shows(shown: int, replays: int, attempts: int) -> None:
    assert attempts_for(shown, replays) == attempts


def test_a_leak_that_shows_after_a_while_alone_is_replayed_with_its_pauses() -> None:
    trial = Trial(Notes("later"))
    trial.add(ALICE, 1)
    time.sleep(2 * _LATER)
    trial.call(BOB, "list_notes")
    found = confirmed(trial.confirm(trial.suspicions("canary")[0]))
    assert calls_of(found) == [("alice", "add_note"), ("bob", "list_notes")]
    assert found.script.steps[-1].after >= _LATER
    assert " s)" in found.script.lines()[-1]
    again = Script.from_json(found.script.to_json())
    assert again == found.script


def test_a_suspicion_that_never_shows_again_is_left_open() -> None:
    trial = Trial(Notes("list"))
    trial.add(ALICE, 1)
    trial.call(BOB, "list_notes")
    (suspicion,) = trial.suspicions("canary")
    trial.system.faults.clear()
    assert trial.confirm(suspicion) == Rejected("not seen again in 5 replays", explained=False)


def test_a_suspicion_that_shows_once_more_and_then_never_is_left_open() -> None:
    trial = Trial(Notes("first"))
    trial.add(ALICE, 1)
    trial.call(BOB, "list_notes")
    (suspicion,) = trial.suspicions("canary")
    why = "shown in one replay, and in none of 3 after it"
    assert trial.confirm(suspicion) == Rejected(why, explained=False)


def test_a_long_script_that_shows_once_more_and_then_never_is_not_shortened() -> None:
    trial = Trial(Notes("crowd"))
    for number in range(_CROWD + 1):
        trial.add(ALICE, number)
    trial.call(BOB, "list_notes")
    suspicion = trial.suspicions("canary")[0]
    why = "shown in one replay, and in none of 3 after it"
    before = trial.executor.calls_in_all
    assert trial.confirm(suspicion) == Rejected(why, explained=False)
    # Its likely part twice; all of it, without its act, three times more, and in two other forms.
    assert trial.executor.calls_in_all - before < 9 * (_CROWD + 2)


def test_of_replays_in_vain_a_short_likely_part_is_left() -> None:
    for faults, rejected in (("list",), False), ((), True):
        trial = Trial(Notes("list"))
        for number in range(_CROWD + 1):
            trial.add(ALICE, number)
        trial.call(BOB, "list_notes")
        suspicion = trial.suspicions("canary")[0]
        trial.system.faults = set(faults)
        before = trial.executor.calls_in_all
        found = Confirmation(trial.replayer, likely_alone=True).confirm(trial.history, suspicion)
        assert isinstance(found, Rejected) is rejected
        if rejected:
            # One note and the list, where the whole has seventeen calls.
            assert trial.executor.calls_in_all - before == 2


@pytest.mark.parametrize("actor", [IMPOSTOR, HIJACKER])
def test_a_plain_user_is_named_where_a_plain_user_suffices(actor: Actor) -> None:
    trial = Trial(Notes("list"))
    trial.add(ALICE, 1)
    trial.call(actor, "list_notes")
    found = confirmed(trial.confirm(trial.suspicions("canary")[0]))
    assert found.script.steps[-1].actor == BOB
    assert found.script.steps[-1].arguments == {"user_id": "${bob}"}


def test_an_impostor_is_named_where_the_claim_matters() -> None:
    trial = Trial(Notes("trusts"))
    trial.add(ALICE, 1)
    trial.call(HIJACKER, "list_notes")
    found = confirmed(trial.confirm(trial.suspicions("canary")[0]))
    assert found.actors == ("alice", IMPOSTOR.name)


def test_a_stranger_is_named_where_no_forged_credential_is_needed() -> None:
    trial = Trial(Notes("open"))
    trial.add(ALICE, 1)
    trial.call(forger("alg-none"), "list_notes")
    found = confirmed(trial.confirm(trial.suspicions("identity")[0]))
    assert found.actors == ("anonymous",)


def test_shrinking_ends_when_its_calls_are_used() -> None:
    trial = Trial(Notes("list"))
    for number in range(40):
        trial.add((ALICE, BOB)[number % 2], number)
    trial.call(BOB, "list_notes")
    suspicion = trial.suspicions("canary")[0]
    before = trial.executor.calls_made
    found = Confirmation(trial.replayer, calls=1).confirm(trial.history, suspicion)
    assert isinstance(found, Confirmed)
    # One replay of everything, its counterfactual, a likely part of it, and the last replays.
    assert trial.executor.calls_made - before < 120
    assert trial.system.runs < 12
    assert found.suspicion.operation == "list_notes"
    assert Outcome.OK is trial.history.calls[-1].answer.outcome


def test_a_cached_answer_of_an_earlier_replay_is_a_leak_all_the_same() -> None:
    system = Notes("list")
    cached: list[Answer] = []
    plain = system.list_notes

    def from_cache(user: str, arguments: Mapping[str, Any]) -> Answer:
        cached.append(plain(user, arguments))
        return cached[0]

    system.list_notes = from_cache  # type: ignore[method-assign]
    # Whose it is that was kept, its word tells where users are new each time.
    trial = Trial(system, new_users=True)
    trial.add(ALICE, 1)
    for actor in (ALICE, BOB):
        trial.call(actor, "list_notes")
    assert isinstance(trial.confirm(trial.suspicions("canary")[0]), Confirmed)


def test_a_leak_is_believed_where_what_earlier_replays_stored_is_still_there() -> None:
    system = Notes("list")
    trial = Trial(system)
    system.reset = lambda: None  # type: ignore[method-assign]
    trial.add(ALICE, 1)
    trial.add(BOB, 2)
    trial.call(BOB, "list_notes")
    found = confirmed(trial.confirm(trial.suspicions("canary")[0]))
    assert calls_of(found) == [("alice", "add_note"), ("bob", "list_notes")]


class Slow:
    """A clock that a system moves on with each call; the executor's deadlines go by it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        self.now = 1_000.0
        self.seconds = seconds
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def of(self, system: Notes) -> Notes:
        """The system with slow answers."""
        answer = system.call

        def slowly(*given: Any) -> Answer:
            self.now += self.seconds
            return answer(*given)

        system.call = slowly  # type: ignore[method-assign,assignment]
        return system


def suspected(trial: Trial) -> Suspicion:
    """A leak in the list after many calls."""
    for number in range(20):
        trial.add((ALICE, BOB)[number % 2], number)
    trial.call(BOB, "list_notes")
    return trial.suspicions("canary")[0]


@pytest.mark.parametrize("seconds", [0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0])
def test_confirmation_is_never_over_its_time_by_more_than_a_call(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    clock = Slow(monkeypatch, 0.2)
    trial = Trial(clock.of(Notes("list")))
    suspicion = suspected(trial)
    began = clock.now
    confirmation = Confirmation(trial.replayer, seconds=4.0, ends=began + seconds)
    found = confirmation.confirm(trial.history, suspicion)
    assert clock.now - began <= seconds + 0.2 + 1e-6
    # Whatever was not reached, the suspicion is either believed or left open, and never dropped.
    if isinstance(found, Rejected):
        assert not found.explained
        assert "over" in found.reason
        assert seconds < 5.0
    else:
        assert found.operation == "list_notes"
        assert found.replayed[0] >= 1


def test_a_script_that_was_not_shrunk_in_time_is_not_minimal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Slow(monkeypatch, 0.2)
    trial = Trial(clock.of(Notes("get")))
    note = trial.add(ALICE, 1)
    trial.call(ALICE, "get_note", note_id=note)
    trial.call(IMPOSTOR, "get_note", note_id=note)
    suspicion = trial.suspicions("canary")[-1]
    short = confirmed(Confirmation(trial.replayer).confirm(trial.history, suspicion))
    assert short.minimal
    long = confirmed(Confirmation(trial.replayer, seconds=0.1).confirm(trial.history, suspicion))
    assert not long.minimal
    tried: list[int] = []
    counting = Confirmation(trial.replayer, progress=lambda script, calls: tried.append(calls))
    confirmed(counting.confirm(trial.history, suspicion))
    assert tried == sorted(tried) != []


def test_a_suspicion_that_no_time_is_left_for_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Slow(monkeypatch, 0.2)
    trial = Trial(clock.of(Notes("list")))
    suspicion = suspected(trial)
    late = Confirmation(trial.replayer, ends=clock.now)
    assert late.confirm(trial.history, suspicion) == Rejected(
        "not replayed: the time was over", explained=False, in_haste=True
    )


@pytest.mark.parametrize(
    ("fault", "oracle", "rule"),
    [
        ("list", "canary", BrokenRule.SCOPE),
        ("get", "canary", BrokenRule.OBJECT),
        ("trusts", "canary", BrokenRule.CLAIM),
        ("open", "identity", BrokenRule.CREDENTIAL),
    ],
)
def test_the_broken_rule_is_that_of_the_plainest_actor(
    fault: str, oracle: str, rule: BrokenRule
) -> None:
    trial = Trial(Notes(fault))
    note = trial.add(ALICE, 1)
    operation = "get_note" if fault == "get" else "list_notes"
    caller = forger("alg-none") if fault == "open" else IMPOSTOR
    arguments = {"note_id": note} if fault == "get" else {}
    trial.call(caller, operation, None, **arguments)
    found = confirmed(trial.confirm(trial.suspicions(oracle)[-1]))
    assert (found.operation, found.rule, found.detail) == (operation, rule, "")


def test_the_first_forged_credential_that_is_accepted_stands_for_all() -> None:
    system = Notes()
    plain = system.present
    forged: list[str] = []

    def present(actor: Actor, subject: str, surface: str) -> Presented:
        if actor.forgery in ("expired", "alg-none"):
            forged.append(str(actor.forgery))
            return Presented(connection=subject)
        return plain(actor, subject, surface)

    system.present = present  # type: ignore[method-assign]
    for kind in ("expired", "alg-none"):
        trial = Trial(system)
        trial.executor = trial.replayer.executor
        trial.call(forger(kind), "list_notes")
        confirmation = Confirmation(
            trial.replayer, forgeries=("cut-short", "alg-none", "expired", "other")
        )
        found = confirmed(confirmation.confirm(trial.history, trial.suspicions("identity")[0]))
        assert (found.rule, found.detail) == (BrokenRule.FORGERY, "alg-none")


def test_a_reading_that_shows_more_is_the_cause_and_not_the_call_that_stored_it() -> None:
    trial = Trial(Notes("list"))
    attack = Probe("ownership", 1, "attack", "alice")

    def act(note: int) -> None:
        trial.call(BOB, "add_note", attack, text=marker("bob", 3))

    found = confirmed(trial.confirm(attacked(trial, act, "list_notes")))
    assert (found.operation, found.rule) == ("list_notes", BrokenRule.SCOPE)
