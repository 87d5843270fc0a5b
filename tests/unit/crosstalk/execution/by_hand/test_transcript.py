"""Transcripts of scripts, written for a surface that a server of this process serves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx2

from crosstalk.core.history import Actor, Answer, History, Outcome, Probe
from crosstalk.core.owned_objects import OwnedObject
from crosstalk.core.principals import forger
from crosstalk.core.script import Script, Step
from crosstalk.execution.by_hand import transcript_of
from crosstalk.execution.executor import Executor
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation
from crosstalk.surface.wire_requests import hold_back, overhear, written
from tests.unit.crosstalk.histories import ALICE, BOB

URL = "http://notes.test"
HISTORY = {"alice": "alice-1", "bob": "bob-1"}


class Posting:
    """A surface that posts its arguments, and answers with an id."""

    def __init__(self, body: Callable[[Mapping[str, Any]], bytes] | None = None) -> None:
        self.body = body or (lambda arguments: json.dumps(arguments).encode())
        self.sent = 0

    def discover(self) -> list[Operation]:
        """Nothing is asked."""
        return []

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Answer with the number of the call."""
        request = httpx2.Request(
            "POST",
            f"{URL}/{operation.name}",
            headers=presented.header_fields(),
            content=self.body(arguments),
        )
        try:
            hold_back(lambda: written(request))
        except ValueError:
            return Answer(Outcome.UNREACHABLE, None, None, code="unsendable")
        self.sent += 1
        body = {"id": 40 + self.sent, "by": dict(presented.headers)}
        overhear(json.dumps(body))
        return Answer(Outcome.OK, 200, body)

    def close(self) -> None:
        """Nothing is open."""


class Tokens:
    """Gives bearer tokens and a key."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Give what an actor presents."""
        if actor.user is None:
            return Presented.bearer("forged-secret") if actor.forgery else NOTHING
        headers = {"Authorization": f"Bearer secret-of-{subject}", "X-Key": f"key-{subject}"}
        return Presented(headers, cookies={"who": subject})


def lines_of(*steps: Step, surface: Posting | None = None, **more: Any) -> list[str]:
    """Write a transcript."""
    operations = {"add": Operation("s", "add", (), False), "get": Operation("s", "get", (), True)}
    executor = Executor({"s": surface or Posting()}, operations, Tokens())
    return list(transcript_of(executor, History(HISTORY), Script(steps), **more))


def test_transcript_names_credentials_first_and_holds_none() -> None:
    lines = lines_of(Step(1, ALICE, "add", {}), source="Where from: the vault")
    assert lines[0] == "# Set first: ALICE_TOKEN, the token of alice"
    assert "# Where from: the vault" in lines
    assert "secret" not in "\n".join(lines)
    assert '-H "Authorization: Bearer $ALICE_TOKEN"' in lines[-1]
    assert '-H "X-Key: $ALICE_X_KEY"' in lines[-1]


def test_transcript_has_users_ids_as_variables_that_are_set() -> None:
    lines = lines_of(Step(1, BOB, "get", {"user_id": "${alice}"}))
    assert "ALICE=alice-1" in lines
    assert "BOB=bob-1" in lines
    assert '\'{"user_id": "\'"$ALICE"\'"}\'' in lines[-1]
    assert '-H "Cookie: who=$BOB"' in lines[-1]


def test_transcript_takes_ids_from_the_answers_as_numbers() -> None:
    lines = lines_of(Step(4, ALICE, "add", {}), Step(9, BOB, "get", {"note": "${4.id}"}))
    assert any(line.startswith("A1=$(curl ") for line in lines)
    assert any(line.startswith("ID_1=$(printf '%s' \"$A1\" | python3 -c ") for line in lines)
    assert '"$ID_1"' in lines[-1]


def test_transcript_has_one_choice_and_a_number_for_one_that_rises() -> None:
    said = {"kind": '${one of ["cat", "dog"]}', "minutes": "${above 20 up to 90 since 812}"}
    (*_, line) = lines_of(Step(1, ALICE, "add", said))
    assert '{"kind": "cat", "minutes": 21}' in line


def test_transcript_marks_what_shows_the_finding_and_what_another_world_lacks() -> None:
    varied = Probe("worlds", 1, "varied", "bob")
    lines = lines_of(Step(1, ALICE, "add", {}, varied), Step(2, BOB, "get", {}), shown_by=[2])
    assert any("1. alice: add -- left out in the other world" in line for line in lines)
    assert any("2. bob: get -- its answer shows what crossed" in line for line in lines)


def test_transcript_runs_concurrent_clients_at_once() -> None:
    alone, beside = (Probe("concurrency", 1, part, "bob") for part in ("alone", "concurrent"))
    lines = lines_of(
        Step(1, ALICE, "add", {}, alone),
        Step(2, ALICE, "add", {}, beside),
        Step(3, BOB, "get", {}, beside),
    )
    assert [line for line in lines if line.startswith("(")] != []
    assert lines.count(") &") == 2
    assert lines[-1] == "wait"


def test_forged_credential_is_a_variable_that_says_of_whose() -> None:
    lines = lines_of(Step(1, forger("alg-none"), "get", {}))
    assert lines[0] == "# Set first: FORGED_TOKEN, the token of alice, forged: alg-none"


def test_blob_is_not_printed() -> None:
    lines = lines_of(Step(1, ALICE, "add", {"text": "x" * 100_000}))
    assert max(map(len, lines)) < 300
    assert "too long to be pasted" in lines[-1]


def test_bytes_that_are_no_text_are_sent_in_base64() -> None:
    lines = lines_of(Step(1, ALICE, "add", {}), surface=Posting(lambda _: b"\x89PNG\x00"))
    assert lines[-1].startswith("printf %s iVBORwA= | base64 -d | curl ")
    assert "--data-binary @-" in lines[-1]


def test_script_that_is_no_calls_has_no_transcript() -> None:
    assert lines_of(Step(1, ALICE, "layer:sql", {})) == []


def test_object_that_existed_before_is_a_variable_that_is_set() -> None:
    operations = {"get": Operation("s", "get", (), True)}
    executor = Executor({"s": Posting()}, operations, Tokens())
    history = History(HISTORY, owned=(OwnedObject("alice", "note", "17"),))
    script = Script((Step(1, BOB, "get", {"note_id": "${alice-note-1}"}),))
    lines = transcript_of(executor, history, script)
    assert "ALICE_NOTE_1=17" in lines
    assert '"$ALICE_NOTE_1"' in lines[-1]


class Pushing(Posting):
    """A surface whose `get` opens a stream that stands from then on."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Hold the stream's request back."""
        if operation.name != "get":
            return super().call(operation, arguments, presented)
        request = httpx2.Request("GET", f"{URL}/events", headers=presented.header_fields())
        try:
            hold_back(lambda: replace(written(request), pushed=self.kind))
        except ValueError:
            return Answer(Outcome.UNREACHABLE, None, None, code="unsendable")
        return Answer(Outcome.OK, 200, {"events": []})


def test_transcript_opens_a_pushed_stream_once_and_shows_what_came_on_it() -> None:
    steps = (Step(1, BOB, "get", {}), Step(2, ALICE, "add", {}), Step(3, BOB, "get", {}))
    lines = lines_of(*steps, surface=Pushing("events"))
    opening = [each for each in lines if each.endswith("> stream1.events & sleep 1")]
    assert len(opening) == 1
    assert opening[0].startswith('curl -sS -N "$URL/events"')
    assert sum("sed -n 's/^data: *//p' stream1.events" in each for each in lines) == 2


def test_transcript_leaves_a_websocket_to_the_replay() -> None:
    lines = lines_of(Step(1, BOB, "get", {}), surface=Pushing("websocket"))
    assert not [each for each in lines if each.startswith("curl")]
    assert any("crosstalk replay opens it" in each for each in lines)
