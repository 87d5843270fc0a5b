"""The counterfactual of a comparison whose caller has stored what it names."""

from __future__ import annotations

import hashlib
import itertools
from functools import partial

import pytest

from crosstalk.core.history import Answer, History, Outcome, Probe
from crosstalk.core.identifiers import map_strings, marker, remarked
from crosstalk.core.script import Script, Step, filled
from crosstalk.execution.counterfactual import Counterfactual
from crosstalk.oracles import Canary, Existence, Ownership
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok, refused

HERS = "01a1fc95-41f3-7131-b962-eac9f4851703"
NONE = "7b1f6f0e-8d0a-4b7c-9f43-0d7f3c7b2a11"


def run(script: Script, *, tells: bool = False) -> History:
    """Play a system that accepts in `sign` what its caller stored, or what any user has."""
    writer, stored = Writer(), {HERS} if tells else set[str]()
    for step in script.steps:
        text = str(step.arguments.get("text"))
        answer = ok({"id": HERS}) if step.actor == ALICE else ok({})
        if step.operation == "sign":
            answer = ok({}) if text in stored else refused(422, "differs")
        elif step.actor == BOB:
            stored.add(text)
        writer.call(step.actor, step.operation, step.arguments, answer, step.probe)
    return writer.history


def shown(*, tells: bool) -> bool:
    """Whether a pair is explained by what its caller had stored."""
    script = Script(
        (
            Step(1, ALICE, "add", {}),
            Step(2, BOB, "store", {"text": HERS}),
            Step(3, BOB, "sign", {"text": HERS}, Probe("names", 1, "foreign", "alice")),
            Step(4, BOB, "sign", {"text": NONE}, Probe("names", 1, "missing", "alice")),
        )
    )
    if tells:
        script = script.without(2) or script
    history = run(script, tells=tells)
    (suspicion,) = Existence().judge(history)
    again = Counterfactual(lambda each: run(each, tells=tells))
    return again.shows(script, history, suspicion)


def test_id_that_the_caller_has_stored_is_known_for_that_alone() -> None:
    assert shown(tells=False)


def test_id_that_the_system_knows_of_another_is_not_explained() -> None:
    assert not shown(tells=True)


def test_time_at_which_another_has_something_is_exchanged_for_another_time() -> None:
    taken, free = "2044-05-05T09:00", "2051-06-06T09:00"
    script = Script(
        (
            Step(1, ALICE, "book", {"starts": taken}),
            Step(2, BOB, "book", {"starts": taken}, Probe("names", 1, "foreign", "alice")),
            Step(3, BOB, "book", {"starts": free}, Probe("names", 1, "missing", "alice")),
        )
    )

    def book(script: Script) -> History:
        writer, booked = Writer(), set[str]()
        for step in script.steps:
            starts = str(step.arguments["starts"])
            served = len(starts) == len(taken) and starts not in booked
            booked.add(starts)
            answer = ok({}) if served else refused(422, "not_free")
            writer.call(step.actor, step.operation, step.arguments, answer, step.probe)
        return writer.history

    history = book(script)
    (suspicion,) = Existence().judge(history)
    assert not Counterfactual(book).shows(script, history, suspicion)


def kept(script: Script, salt: int, *, shared: bool) -> History:
    """Play a store of files by path that tells a digest: of one's own, or of whoever came first."""
    writer, stored = Writer(), dict[str, str]()
    writer.history.salt = salt

    def known(number: int, path: str) -> str:
        return dict(writer.history.calls[number - 1].answer.paths())[path]

    for step in script.steps:
        said = map_strings(step.arguments, partial(remarked, salt=salt))
        given = filled(said, known, lambda name: None)
        digest = hashlib.sha256(str(given["content"]).encode()).hexdigest()
        digest = stored.setdefault(str(given["path"]), digest) if shared else digest
        writer.call(step.actor, "put", given, ok({"path": given["path"], "sha256": digest}))
    return writer.history


def explained(content: str, *, shared: bool) -> bool:
    """Whether a digest of what was stored under another user's path is explained without them."""
    hers, salts = marker("alice", 1), itertools.count(7)
    script = Script(
        (
            Step(1, ALICE, "put", {"path": hers, "content": f"note {marker('alice', 2)}"}),
            Step(2, BOB, "put", {"path": "${1.path}", "content": content}),
        )
    )
    run_in_words = partial(kept, shared=shared)
    history = run_in_words(script, 5)
    (suspicion,) = Canary().judge(history)
    again = Counterfactual(lambda each: run_in_words(each, next(salts)), run_in_words)
    return again.shows(script, history, suspicion)


def test_digest_of_the_same_words_is_explained_where_their_path_is_named() -> None:
    assert explained(f"note {marker('alice', 2)}", shared=False)


def test_digest_of_what_another_user_stored_is_not_explained() -> None:
    assert not explained(f"note {marker('bob', 3)}", shared=True)


def closing(script: Script, *, for_all: bool) -> History:
    """Play a tool server whose numbers go up, and on which a week is closed for one user or all."""
    writer, closed, number = Writer(), set[str](), itertools.count(1)
    for step in script.steps:
        user = step.actor.claims
        answer = ok({"entry_id": next(number)})
        if step.operation == "close_week":
            closed |= {"alice", "bob"} if for_all else {user}
        elif user in closed:
            answer = Answer(Outcome.ERROR, 200, "the week is closed")
        writer.call(step.actor, step.operation, step.arguments, answer, step.probe)
    return writer.history


def test_refusal_of_what_worked_before_is_not_explained_by_numbers_that_go_up() -> None:
    probes = [Probe("effect", 1, part, "alice") for part in ("before", "before", "attack", "after")]
    calls = [(ALICE, "log_time"), (ALICE, "log_time"), (BOB, "close_week"), (ALICE, "log_time")]
    script = Script(
        tuple(
            Step(number, actor, name, {}, probe)
            for number, ((actor, name), probe) in enumerate(
                zip(calls, probes, strict=True), start=1
            )
        )
    )
    history = closing(script, for_all=True)
    (suspicion,) = Ownership().judge(history)
    again = Counterfactual(partial(closing, for_all=True))
    assert not again.shows(script, history, suspicion)
    assert not Ownership().judge(closing(script, for_all=False))


def removed(script: Script) -> History:
    """Play a system that removes the caller's own, and lists what is another user's as kept."""
    writer, made = Writer(), dict[str, str | None]()
    ids = map("{:016x}".format, itertools.count(0xD1F0_0000_0000_0001, 7919))

    def known(number: int, path: str) -> str:
        return dict(writer.history.calls[number - 1].answer.paths())[path]

    for step in script.steps:
        given = filled(step.arguments, known, lambda name: None)
        named = [str(each) for each in given.get("ids", ())]
        if step.operation == "add":
            made[new := next(ids)] = step.actor.user
            answer = ok({"id": new})
        else:
            mine = [each for each in named if made.get(each) == step.actor.user]
            kept_back = [each for each in named if each in made and each not in mine]
            answer = ok({"gone": mine, "kept": kept_back})
        writer.call(step.actor, step.operation, given, answer, step.probe)
    return writer.history


def test_objects_of_the_callers_own_stay_in_a_list_when_another_is_exchanged() -> None:
    missing = "649a5f6e40082b12"
    script = Script(
        (
            Step(1, ALICE, "add", {}),
            Step(2, BOB, "add", {}),
            Step(3, BOB, "add", {}),
            Step(
                4,
                BOB,
                "delete",
                {"ids": ["${2.id}", "${1.id}"]},
                Probe("existence", 1, "foreign", "alice"),
            ),
            Step(
                5,
                BOB,
                "delete",
                {"ids": ["${3.id}", missing]},
                Probe("existence", 1, "missing", "alice"),
            ),
        )
    )
    history = removed(script)
    (suspicion,) = [each for each in Existence().judge(history) if "tell" in each.summary]
    assert not Counterfactual(removed).shows(script, history, suspicion)


def working(script: Script, *, by: str) -> History:
    """Play a service whose jobs are done after a second, or once any user has started them."""
    writer, waited, started = Writer(), 0.0, False
    for step in script.steps:
        waited += step.after
        started = started or step.operation == "start"
        done = waited >= 1 if by == "time" else started
        answer = ok({"id": HERS, "state": "done" if done else "running"})
        if by == "time" and step.operation == "start":
            # As it happens, the job ends now.
            answer, waited = refused(404, "no such job"), 1.0
        writer.call(step.actor, step.operation, step.arguments, answer, step.probe)
    return writer.history


@pytest.mark.parametrize("by", ["time", "others"])
def test_change_that_comes_in_time_is_explained_by_none_of_the_others_acts(by: str) -> None:
    probes = [Probe("ownership", 1, part, "alice") for part in ("before", "attack", "after")]
    calls = [(ALICE, "get"), (BOB, "start"), (ALICE, "get")]
    script = Script(
        tuple(
            Step(number, actor, name, {"job_id": HERS}, probe)
            for number, ((actor, name), probe) in enumerate(zip(calls, probes, strict=True), 1)
        )
    )
    history = working(script, by=by)
    (suspicion,) = Ownership().judge(history)
    again = Counterfactual(partial(working, by=by))
    assert again.shows(script, history, suspicion) is (by == "time")


def working_while_another_stores(script: Script) -> History:
    """Play a service whose jobs are done once something else was done, or in a second."""
    writer, waited = Writer(), 0.0
    words = f"note {marker('alice', 1)}"
    for step in script.steps:
        waited += step.after
        answer = ok({"id": HERS, "title": words, "done": waited >= 1})
        if step.actor == BOB:
            answer, waited = ok({"id": NONE, "title": words}), 1.0
        arguments = {name: words if name == "title" else HERS for name in step.arguments}
        writer.call(step.actor, step.operation, arguments, answer, step.probe)
    return writer.history


def test_change_that_comes_in_time_is_explained_where_another_stores_the_same_words() -> None:
    probes = [Probe("ownership", 1, part, "alice") for part in ("before", "attack", "after")]
    script = Script(
        (
            Step(1, ALICE, "add", {"title": f"note {marker('alice', 1)}"}),
            Step(2, ALICE, "get", {"job_id": HERS}, probes[0]),
            Step(3, BOB, "add", {"title": "${1.title}"}, probes[1]),
            Step(4, ALICE, "get", {"job_id": HERS}, probes[2]),
        )
    )
    history = working_while_another_stores(script)
    (suspicion,) = Ownership().judge(history)
    assert Counterfactual(working_while_another_stores).shows(script, history, suspicion)
