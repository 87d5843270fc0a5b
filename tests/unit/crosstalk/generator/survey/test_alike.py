"""What is kept by a name meets where two users call theirs alike, with other words beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Actor, Answer, Outcome
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.survey.alike import (
    _store_alike,
    change_beside,
    changes_by_a_shared_word,
    slug_of,
    speaks_of_links,
)
from crosstalk.generator.values.forms.words import names_among
from crosstalk.oracles import Canary, Existence, Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import ADD as NOTES_ADD
from tests.unit.crosstalk.generator.plan.test_sweep import (
    GET,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    Notes,
)
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun
from tests.unit.crosstalk.generator.survey.test_survey import surveyed

STRING = {"type": "string"}
TITLE = Parameter("title", STRING, True, Role.TEXT)
BODY = Parameter("body", STRING, False, Role.TEXT)
SIZE = Parameter("size", {"type": "integer", "minimum": 1, "maximum": 99}, False, Role.VALUE)
ADD = Operation("rest", "rest:POST /notes", (IDENTITY, TITLE, BODY), reads_only=False)
PRINT = Operation("rest", "rest:GET /notes/{note_id}/print", (IDENTITY, NOTE, SIZE), True)
LINKS = {"about": "The note, with the notes that it links to by [[Title]]"}
UNFOLD = Operation("rest", "rest:GET /notes/{note_id}/unfold", (IDENTITY, NOTE), True, extra=LINKS)


class Printed(Notes):
    """Notes whose prints are kept, and which link to others by their titles.

    Attributes:
        leak: `title` where prints are kept by the title alone, `size` where they are kept by note
            and size and the owner is not compared, `links` where notes of all are linked to.
    """

    def __init__(self, leak: str) -> None:
        super().__init__()
        self.leak = leak
        self.texts: dict[str, tuple[str, str, str]] = {}
        self.prints: dict[tuple[str, str], str] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, PRINT, UNFOLD]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone, but for the leak."""
        caller = presented.headers.get("caller", "")
        self.calls += 1
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        if operation is ADD:
            self.made += 1
            name = f"01a1fc95-41f3-4131-b962-{self.made * 7919:012d}"
            title, body = str(arguments["title"]), str(arguments.get("body", ""))
            self.texts[name] = (caller, title, body)
            return Answer(Outcome.OK, 201, {"id": name})
        if operation is LIST:
            mine = [{"id": each} for each, (owner, *_) in self.texts.items() if owner == caller]
            return Answer(Outcome.OK, 200, mine)
        name, size = str(arguments["note_id"]), str(arguments.get("size", 1))
        kept = self.prints.get((name, size))
        if operation is PRINT and self.leak == "size" and kept is not None:
            return Answer(Outcome.OK, 200, {"print": kept})
        owner, title, body = self.texts.get(name, ("", "", ""))
        if owner != caller:
            return MISSING
        if operation is PRINT:
            place = (title if self.leak == "title" else name, size)
            return Answer(Outcome.OK, 200, {"print": self.prints.setdefault(place, body)})
        found = [
            text
            for whose, called, text in self.texts.values()
            if f"[[{called}]]" in body and (self.leak == "links" or whose == caller)
        ]
        return Answer(Outcome.OK, 200, {"text": body, "linked": found})


@pytest.mark.parametrize(
    ("leak", "operation"),
    [("title", PRINT.name), ("size", PRINT.name), ("links", UNFOLD.name), ("", "")],
)
def test_objects_that_two_users_call_alike_are_each_ones_own(leak: str, operation: str) -> None:
    history, _ = surveyed(Printed(leak))
    found = {each.operation for each in Canary().judge(history)}
    assert found == ({operation} if leak else set())


TAG = Parameter("tag", STRING, True, Role.NAME)
TAGS = Parameter("tags[]", STRING, False, Role.NAME)
NEW = Parameter("new_name", STRING, True, Role.TEXT)
LOG = Operation("rest", "rest:POST /notes", (IDENTITY, TITLE, TAGS), reads_only=False)
RENAME = Operation("rest", "rest:POST /tags/rename", (IDENTITY, TAG, NEW), reads_only=False)


@pytest.mark.parametrize("leaks", [True, False])
def test_change_by_a_tag_that_both_users_have_is_made_between_readings(*, leaks: bool) -> None:
    class Tagged(Notes):
        def __init__(self) -> None:
            super().__init__()
            self.tags: dict[str, tuple[str, str]] = {}

        def discover(self) -> list[Operation]:
            return [LOG, LIST, GET, RENAME]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            caller = presented.headers.get("caller", "")
            if operation is RENAME and caller == arguments.get("user_id"):
                tag, new = str(arguments["tag"]), str(arguments["new_name"])
                if (caller, tag) not in self.tags.values():
                    return MISSING
                self.tags = {
                    note: (who, new if has == tag and (leaks or who == caller) else has)
                    for note, (who, has) in self.tags.items()
                }
                return Answer(Outcome.OK, 200, {"renamed": True})
            text = {"text": arguments.get("title", "")} if operation is LOG else {}
            plain = NOTES_ADD if operation is LOG else operation
            answer = super().call(plain, {**arguments, **text}, presented)
            if answer.outcome is not Outcome.OK or not isinstance(answer.body, dict):
                return answer
            note = answer.body["id"]
            if operation is LOG:
                self.tags[note] = caller, str(arguments.get("tags[]", ""))
            return Answer(Outcome.OK, 200, {**answer.body, "tags": [self.tags[note][1]]})

    example = begun(Tagged(), LOG, LIST, GET, RENAME)
    alice, bob = example.members[:2]
    word = example.state.plant(alice.name)
    for each in (alice, bob):
        who = {"user_id": example.history.subjects[each.name]}
        called = {**who, "title": word, "tags[]": word}
        made = example.execute(PlannedCall(each, LOG.name, called)).answer.body
        shown = {**who, "note_id": made["id"]}
        example.execute(PlannedCall(each, GET.name, shown))
    users = Arrangement(example, Random(1), alice, bob)
    (found,) = changes_by_a_shared_word(users, {word: word})
    assert found == (RENAME, "tag", word)
    change_beside(users, RENAME, {"tag": word}, word)
    changed = {each.operation for each in Ownership().judge(example.history)}
    assert changed == ({RENAME.name} if leaks else set())


DAY = Parameter("day", {"type": "string", "enum": ["mon", "tue", "wed"]}, False, Role.VALUE)
CAR = Parameter("car", STRING, False, Role.NAME)
BOOK = Operation(
    "rest", "rest:POST /notes", (IDENTITY, TITLE, DAY, CAR), False, extra={"kind": "create"}
)


@pytest.mark.parametrize("leaks", [True, False])
def test_name_is_taken_at_one_time_by_what_is_ones_own_alone(*, leaks: bool) -> None:
    class Booked(Printed):
        def __init__(self) -> None:
            super().__init__("")
            self.taken: set[tuple[str, ...]] = set()

        def discover(self) -> list[Operation]:
            return [BOOK, LIST, PRINT]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            if operation is not BOOK:
                return super().call(operation, arguments, presented)
            whose = "" if leaks else str(arguments.get("user_id"))
            place = (whose, str(arguments.get("day", "mon")), str(arguments.get("car", "")))
            if place[-1] and place in self.taken:
                return Answer(Outcome.ERROR, 409, None, {}, "conflict", "the car is not free then")
            self.taken.add(place)
            return super().call(ADD, arguments, presented)

    history, _ = surveyed(Booked())
    found = [each for each in Existence().judge(history) if each.rule is not BrokenRule.COUNTING]
    assert bool(found) is leaks


SLUG = Parameter("slug", STRING, False, Role.NAME)
LINK = Operation(
    "rest", "rest:POST /notes", (IDENTITY, TITLE, SLUG), False, extra={"kind": "create"}
)


@pytest.mark.parametrize("public", [True, False])
def test_name_that_a_public_address_tells_is_compared_with_none(*, public: bool) -> None:
    opened = Operation("rest", "rest:GET /{slug}", (SLUG,), True, public=public)

    class Linked(Printed):
        def __init__(self) -> None:
            super().__init__("")
            self.slugs: set[str] = set()

        def discover(self) -> list[Operation]:
            return [LINK, LIST, opened]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            slug = str(arguments.get("slug", ""))
            if operation is opened:
                return Answer(Outcome.OK, 200, {}) if slug in self.slugs else MISSING
            if operation is LINK and slug and slug in self.slugs:
                return Answer(Outcome.ERROR, 409, None, {}, "conflict", "in use")
            self.slugs |= {slug} if operation is LINK else set()
            return super().call(ADD if operation is LINK else operation, arguments, presented)

    history, _ = surveyed(Linked())
    found = {each.rule for each in Existence().judge(history)} - {BrokenRule.COUNTING}
    assert bool(found) is not public


WORK = Parameter("work", STRING, True, Role.TEXT)
SERVE = Operation("rest", "rest:POST /notes/{note_id}/work", (IDENTITY, NOTE, WORK), False)
DONE = Operation("rest", "rest:GET /notes/{note_id}/work", (IDENTITY, NOTE), True)


@pytest.mark.parametrize("leaks", [True, False])
def test_words_inside_what_two_users_call_alike_are_each_ones_own(*, leaks: bool) -> None:
    class Serviced(Printed):
        def __init__(self) -> None:
            super().__init__("")
            self.work: dict[str, list[str]] = {}

        def discover(self) -> list[Operation]:
            return [ADD, LIST, SERVE, DONE]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            caller, name = presented.headers.get("caller", ""), str(arguments.get("note_id"))
            if caller != arguments.get("user_id") or operation not in (SERVE, DONE):
                return super().call(operation, arguments, presented)
            owner, title, _ = self.texts.get(name, ("", "", ""))
            if owner != caller:
                return MISSING
            done = self.work.setdefault(title if leaks else name, [])
            if operation is SERVE:
                done.append(str(arguments["work"]))
                return Answer(Outcome.OK, 200, {"result": "noted"})
            return Answer(Outcome.OK, 200, {"work": [*done]})

    history, _ = surveyed(Serviced(), most=400)
    found = {each.operation for each in Canary().judge(history)}
    assert found == ({DONE.name} if leaks else set())


OPEN = Parameter("open", {"type": "boolean"}, True, Role.VALUE)
REASON = Parameter("reason", STRING, False, Role.TEXT)
HOLD = Operation("rest", "rest:PUT /notes/{note_id}/hold", (IDENTITY, NOTE, OPEN, REASON), False)


@pytest.mark.parametrize("leaks", [True, False])
def test_change_of_what_another_calls_alike_shows_in_ones_own_alone(*, leaks: bool) -> None:
    class Held(Printed):
        def __init__(self) -> None:
            super().__init__("")
            self.reasons: dict[str, str] = {}

        def discover(self) -> list[Operation]:
            return [ADD, LIST, HOLD, GET]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            caller, name = presented.headers.get("caller", ""), str(arguments.get("note_id"))
            if caller != arguments.get("user_id") or operation not in (HOLD, GET):
                return super().call(operation, arguments, presented)
            owner, title, _ = self.texts.get(name, ("", "", ""))
            if owner != caller:
                return MISSING
            place = title if leaks else name
            if operation is HOLD and arguments["open"]:
                self.reasons[place] = str(arguments.get("reason", ""))
            elif operation is HOLD:
                self.reasons.pop(place, None)
            return Answer(Outcome.OK, 200, {"id": name, "reason": self.reasons.get(place)})

    history, _ = surveyed(Held(), most=100)
    found = {each.operation for each in Canary().judge(history)}
    assert found == ({GET.name} if leaks else set())


def test_two_users_store_alike_what_is_refused_with_a_text_that_need_not_be_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Refusing(Printed):
        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            if "body" in arguments:
                return Answer(Outcome.ERROR, 422, {"error": "no"}, {}, None)
            return super().call(operation, arguments, presented)

    example = begun(Refusing(""), ADD, LIST, PRINT)
    users = Arrangement(example, Random(1), *example.members[:2])
    own = users.own

    def with_a_body(operation: Operation, actor: Actor) -> PlannedCall:
        planned = own(operation, actor)
        return replace(planned, arguments={**planned.arguments, "body": "any"})

    monkeypatch.setattr(Arrangement, "own", lambda _, *given: with_a_body(*given))
    assert _store_alike(users, ADD)


def test_name_is_what_an_object_is_called_and_else_the_first_text() -> None:
    said = {"title": "t", "body": "b", "size": 3}
    assert names_among(ADD, said) == ["title"]
    plain = Operation(
        "rest", "rest:POST /notes", (BODY, Parameter("more", STRING, True, Role.TEXT)), False
    )
    assert names_among(plain, {"body": "b", "more": "m"}) == ["more"]
    key = Parameter("key", STRING, True, Role.NAME)
    tags = Parameter("tags[]", STRING, False, Role.TEXT)
    named = Operation("rest", "rest:POST /flags", (key, TITLE, tags), False)
    assert names_among(named, {"key": "k", "title": "t", "tags[]": "x"}) == ["key", "tags[]"]


def test_links_are_written_where_descriptions_speak_of_them_and_no_model_reads_them() -> None:
    assert speaks_of_links([ADD, UNFOLD])
    assert not speaks_of_links([ADD, PRINT])
    chat = Operation("chat", "chat:ask", (BODY,), False, conversational=True)
    assert not speaks_of_links([UNFOLD, chat])


def test_slug_is_what_an_address_holds_of_a_name() -> None:
    assert slug_of("note Divorce plan!") == "note-divorce-plan"


TAG = Parameter("tag", STRING, False, Role.NAME)
TAGGED = Operation(
    "rest", "rest:POST /notes", (IDENTITY, BODY, TAG), False, extra={"kind": "create"}
)
FIND = Operation(
    "rest",
    "rest:GET /notes/find",
    (IDENTITY, Parameter("words", STRING, False, Role.QUERY), TAG),
    True,
)


@pytest.mark.parametrize("leaks", [True, False])
def test_words_that_two_users_gave_alike_find_each_ones_own(*, leaks: bool) -> None:
    class Tagged(Printed):
        def __init__(self) -> None:
            super().__init__("")
            self.tags: list[tuple[str, str, str]] = []

        def discover(self) -> list[Operation]:
            return [TAGGED, LIST, FIND]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            caller, tag = presented.headers.get("caller", ""), arguments.get("tag")
            if caller != arguments.get("user_id") or operation is LIST:
                return super().call(operation, arguments, presented)
            if operation is TAGGED:
                self.tags.append((caller, str(arguments.get("body", "")), str(tag)))
                return super().call(ADD, {**arguments, "title": "note"}, presented)
            words = str(arguments.get("words", ""))
            found = [
                body
                for whose, body, under in self.tags
                if words in body and (under == tag if tag and leaks else whose == caller)
            ]
            return Answer(Outcome.OK, 200, {"notes": found})

    history, _ = surveyed(Tagged())
    found = {each.operation for each in Canary().judge(history)}
    assert found == ({FIND.name} if leaks else set())
