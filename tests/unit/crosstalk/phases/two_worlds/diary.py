"""A diary for several users in memory, with faults that let one notice the others."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from typing import Any

from crosstalk.core.history import Actor, Answer, Flow, History, Outcome
from crosstalk.core.identifiers import marker
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.phases.base import PhaseBudget
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target, discovered
from tests.unit.crosstalk.histories import ALICE, BOB, ok, refused

CAROL = Actor("carol", "carol", "carol")
TITLE = Parameter("title", {"type": "string"}, True, Role.TEXT)
ENTRY = Parameter("entry_id", {"type": "string"}, True, Role.REFERENCE)
LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 50}, False, Role.VALUE)
OPERATIONS = (
    Operation("mem", "add_entry", (TITLE,), reads_only=False),
    Operation("mem", "list_entries", (LIMIT,), reads_only=True, lists=True),
    Operation("mem", "rename_entry", (ENTRY, TITLE), reads_only=False),
    Operation("mem", "get_entry", (ENTRY,), reads_only=True),
)


@dataclass
class Diary:
    """Keeps entries; `fault` names what is wrong with it."""

    fault: str = ""
    numbered: bool = False
    entries: list[dict[str, Any]] = field(default_factory=list)
    made: int = 0
    calls: int = 0
    writes: int = 0
    written: datetime = datetime(2026, 11, 28, tzinfo=UTC)

    def discover(self) -> list[Operation]:
        """Four operations."""
        return list(OPERATIONS)

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)

    def close(self) -> None:
        """Nothing is open."""

    def reset(self) -> None:
        """Forget all entries; numbers go on, as those of a sequence do."""
        self.entries.clear()
        self.calls = 0

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Do it, for whoever calls."""
        me = presented.connection
        self.calls += 1
        if self.fault == "shared limit" and self.calls > 22:
            return Answer(Outcome.LIMITED, 429, None, {}, "rate_limited")
        if any(each.required and each.name not in arguments for each in operation.parameters):
            return refused(422, "validation_error")
        if operation.name == "add_entry":
            return self._add(me, arguments["title"])
        mine = [each for each in self.entries if each["owner"] == me]
        if operation.name == "list_entries":
            return self._list(mine, int(arguments.get("limit", 10)))
        found = [each for each in self.entries if str(each["id"]) == str(arguments["entry_id"])]
        if not found or found[0] not in mine:
            if found and self.fault == "touched":
                found[0]["updated_at"] = _now()
            return refused(404, "not_found")
        if operation.name == "rename_entry":
            found[0].update(title=arguments["title"], updated_at=_now())
            self.written = datetime.now(UTC)
            self.writes += 1
        return ok(_shown(found[0]))

    def _add(self, me: str, title: str) -> Answer:
        taken = [each for each in self.entries if each["title"] == title]
        if self.fault == "global unique" and taken:
            return refused(409, "conflict")
        self.made += 1
        entry = {
            "id": self.made if self.numbered else str(uuid.uuid4()),
            "owner": me,
            "title": title,
            "updated_at": _now(),
        }
        self.entries.insert(0, entry)
        self.written = datetime.now(UTC)
        self.writes += 1
        return ok(_shown(entry), 201)

    def _list(self, mine: list[dict[str, Any]], limit: int) -> Answer:
        if self.fault == "order":
            mine = sorted(mine, key=lambda each: str(each["id"]))
        page = mine[:limit]
        if self.fault == "limit first":
            page = [each for each in self.entries[:limit] if each in mine]
        body: dict[str, Any] = {"items": [_shown(each) for each in page], "total": len(mine)}
        if self.fault == "total":
            body["total"] = len(self.entries)
        if self.fault == "chance":
            body["lucky"] = secrets.randbelow(2)
        if self.fault in NUMBERS:
            body["number"] = NUMBERS[self.fault](self)
        headers = {"date": _now(), "etag": f'W/"{len(mine)}"'}
        if self.fault == "last-modified":
            headers["last-modified"] = format_datetime(self.written, usegmt=True)
        if self.fault == "etag":
            headers["etag"] = f'W/"{self.writes}"'
        return ok(body, 200, **headers)


# Numbers that are never steady, all but the last two of them without the others' influence.
NUMBERS: Mapping[str, Callable[[Diary], float]] = {
    "clock": lambda diary: time.monotonic(),
    "seconds": lambda diary: int(time.monotonic() * 200) % 997,
    "time left": lambda diary: 10_000 - time.monotonic(),
    "random": lambda diary: secrets.randbelow(1_000),
    "estimate": lambda diary: 5 * len(diary.entries) + secrets.randbelow(3),
    "requests": lambda diary: diary.calls + secrets.randbelow(2),
}


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "owner"}


def executor(diary: Diary) -> Executor:
    """Makes calls on it."""
    return Executor({"mem": diary}, {each.name: each for each in OPERATIONS}, diary)


def budget(
    diary: Diary, *flows: Flow, seed: int = 1, calls: int = 10_000, resets: bool = True
) -> PhaseBudget:
    """A phase's budget, with one example in which every user does something."""
    calling = executor(diary)

    def fresh() -> History:
        if resets:
            diary.reset()
        nonce = secrets.token_hex(4)
        return History({name: f"{name}-{nonce}" for name in USERS}, allowed_flows=flows)

    return PhaseBudget(
        target=Target(
            {"mem": diary},
            diary,
            discovered({"mem": diary}),
            reset=diary.reset if resets else None,
            allowed_flows=flows,
        ),
        executor=calling,
        examples=(example(calling, fresh()),),
        observations=(),
        fresh_history=fresh,
        random=Random(seed),
        calls=calls,
        deadline=float("inf"),
    )


def example(calling: Executor, history: History) -> History:
    """Every user adds and reads; bob tries alice's entry."""
    number = 0
    ids: dict[str, str] = {}
    for _ in range(2):
        for actor in (ALICE, BOB, CAROL):
            number += 1
            title = {"title": f"note {marker(actor.name, number)}"}
            added = calling.execute(history, actor, "add_entry", title)
            if added.answer.body:
                ids[actor.name] = str(added.answer.body["id"])
            calling.execute(history, actor, "list_entries", {})
    for intruder, victim in ((BOB, "alice"), (CAROL, "bob"), (ALICE, "carol")):
        stolen = {"entry_id": ids.get(victim, "none"), "title": "stolen"}
        calling.execute(history, BY_NAME[victim], "get_entry", {"entry_id": ids.get(victim, "-")})
        calling.execute(history, intruder, "rename_entry", stolen)
        calling.execute(history, BY_NAME[victim], "get_entry", {"entry_id": ids.get(victim, "-")})
    return history


BY_NAME = {"alice": ALICE, "bob": BOB, "carol": CAROL}
