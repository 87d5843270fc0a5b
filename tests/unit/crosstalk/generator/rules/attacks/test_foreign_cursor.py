"""Pages that two users read in turn, on a system in memory that keeps what a first page found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.rules.attacks.foreign_cursor import ForeignCursor
from crosstalk.oracles.canary import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.rules.situations.test_situations import (
    CURSOR,
    IDENTITY,
    LIMIT,
    LIST,
    QUERY,
    THING,
    Things,
    played,
)

LINES = Operation(
    "rest", "rest:GET /things/{thing_id}/lines", (IDENTITY, THING, LIMIT, CURSOR), reads_only=True
)
WORDS = Parameter("words", {"type": "string"}, True, Role.TEXT)
TALK_ID = Parameter("talk_id", {"type": "string", "format": "uuid"}, True, Role.REFERENCE)
CHAT = Operation("rest", "rest:POST /chat", (IDENTITY, WORDS), False, conversational=True)
ASK = Operation("rest", "rest:POST /ask", (IDENTITY, WORDS), False, conversational=True)
TALK = Operation(
    "rest", "rest:GET /talks/{talk_id}/lines", (IDENTITY, TALK_ID, LIMIT, CURSOR), reads_only=True
)
FIND = Operation("rest", "rest:GET /find", (IDENTITY, QUERY, LIMIT, CURSOR), reads_only=True)


class Kept(Things):
    """Things that are found by a word; later pages come from what a first page has found.

    Args:
        by_reader: Whether that is kept for each reader, as it should be.
    """

    def __init__(self, *, by_reader: bool) -> None:
        super().__init__()
        self.by_reader = by_reader
        self.found: dict[tuple[str, str], list[str]] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [*super().discover(), FIND]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call."""
        if operation is not FIND:
            return super().call(operation, arguments, presented)
        user, words = presented.connection, str(arguments["query"])
        if words != "note":
            return Answer(Outcome.OK, 200, {"items": []})
        key = (user if self.by_reader else "", words)
        cursor = str(arguments.get("cursor") or "")
        if cursor and not cursor.startswith(f"cursor-{user}-"):
            return Answer(Outcome.ERROR, 422, None, {}, "validation_error")
        if not cursor:
            mine = [each for each, owner in self.things.items() if owner == user]
            self.found[key] = sorted(mine, reverse=True)
        rows = [{"id": each} for each in self.found.get(key, [])]
        limit, start = int(arguments.get("limit", 5)), int(cursor.rpartition("-")[2] or 0)
        following = (
            {"next_cursor": f"cursor-{user}-{start + limit}"} if start + limit < len(rows) else {}
        )
        return Answer(Outcome.OK, 200, {"items": rows[start : start + limit], **following})


@pytest.mark.parametrize("by_reader", [True, False])
def test_a_search_is_continued_after_another_user_has_begun_it(by_reader: bool) -> None:
    _, found = played(ForeignCursor(), examples=2, system=Kept(by_reader=by_reader))
    suspected = [each for history in found for each in Canary().judge(history)]
    assert bool(suspected) is not by_reader
    assert {each.operation for each in suspected} <= {FIND.name}


def test_every_listing_is_continued_at_first() -> None:
    _, found = played(ForeignCursor(), examples=1, system=Kept(by_reader=True))
    continued = [call for history in found for call in history if "cursor" in call.arguments]
    assert {call.operation for call in continued} == {LIST.name, FIND.name}
    tried = {(call.actor.name, str(call.arguments["cursor"]).split("-")[1]) for call in continued}
    assert any(user == owner for user, owner in tried)
    assert any(user != owner for user, owner in tried)


class Threads(Things):
    """Things, each with two lines in it; a cursor is the id of a line.

    Args:
        checked: Whether a cursor must be of the thing that is asked for.
    """

    def __init__(self, *, checked: bool) -> None:
        super().__init__()
        self.checked = checked
        self.lines: dict[str, str] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [*super().discover(), LINES]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call."""
        if operation is not LINES:
            return super().call(operation, arguments, presented)
        thing, after = str(arguments["thing_id"]), str(arguments.get("cursor") or "")
        if self.things.get(thing) != presented.connection:
            return Answer(Outcome.ERROR, 404, None, {}, "not_found")
        named = self.lines.get(after, "")
        if after and self.checked and named != thing:
            return Answer(Outcome.ERROR, 422, None, {}, "validation_error")
        of = named or thing
        line = f"line-{len(self.lines):08d}"
        following = {} if after else {"next_cursor": line}
        self.lines[line] = of
        return Answer(Outcome.OK, 200, {"items": [{"id": of}], **following})


@pytest.mark.parametrize("checked", [True, False])
def test_lines_of_ones_own_are_continued_at_another_users_line(checked: bool) -> None:
    _, found = played(ForeignCursor(), examples=2, system=Threads(checked=checked))
    suspected = [each for history in found for each in Canary().judge(history)]
    assert bool(suspected) is not checked


class Talks(Things):
    """Talks that begin with a question; their lines are paged, and a cursor is the id of a line.

    Args:
        checked: Whether a cursor must be of the talk that is asked for.
        chats: What answers a question; an example begins with one of them.
    """

    def __init__(self, *, checked: bool, chats: tuple[Operation, ...]) -> None:
        super().__init__()
        self.checked = checked
        self.chats = chats
        self.talks: dict[str, str] = {}
        self.lines: dict[str, str] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [*super().discover(), *self.chats, TALK]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call."""
        if operation is CHAT:
            return Answer(Outcome.OK, 200, {"said": "yes"})
        if operation is ASK:
            talk = f"01a1fc95-41f3-7131-b962-{next(self.numbers):012d}"
            self.talks[talk] = presented.connection
            return Answer(Outcome.OK, 201, {"talk_id": talk})
        if operation is not TALK:
            return super().call(operation, arguments, presented)
        talk, after = str(arguments["talk_id"]), str(arguments.get("cursor") or "")
        if self.talks.get(talk) != presented.connection:
            return Answer(Outcome.ERROR, 404, None, {}, "not_found")
        named = self.lines.get(after, "")
        if after and self.checked and named != talk:
            return Answer(Outcome.ERROR, 422, None, {}, "validation_error")
        of = named or talk
        line = f"line-{len(self.lines):08d}"
        self.lines[line] = of
        following = {} if after else {"next_cursor": line}
        return Answer(Outcome.OK, 200, {"items": [{"id": of}], **following})


@pytest.mark.parametrize("chats", [(ASK, CHAT), (CHAT, ASK)])
@pytest.mark.parametrize("checked", [True, False])
def test_objects_that_a_listing_must_name_are_made_first_by_a_question_too(
    checked: bool, chats: tuple[Operation, ...]
) -> None:
    system = Talks(checked=checked, chats=chats)
    _, found = played(ForeignCursor(), examples=1, system=system)
    continued = {
        call.actor.name
        for history in found
        for call in history
        if call.operation == TALK.name and "cursor" in call.arguments
    }
    assert len(continued) > 1
    suspected = [each for history in found for each in Canary().judge(history)]
    assert bool(suspected) is not checked
