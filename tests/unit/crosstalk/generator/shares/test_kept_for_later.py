"""What a member keeps for the time after their share: cursors, and offers that rest on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from crosstalk.core.history import Answer, Call, History, Outcome
from crosstalk.core.policy import Share, decide
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.rules.policy.taken_back import TakenBack
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.shares.test_sharing_served import (
    ACCEPT,
    FOLDER,
    IDENTITY,
    INVITE,
    MISSING,
    NAME,
    OPERATIONS,
    POLICY,
    PROMOTED,
    REMOVE,
    SHARED,
    Folders,
    make_state,
)

LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100}, False, Role.VALUE)
CURSOR = Parameter("cursor", {"type": "string"}, False, Role.CURSOR)
STORE = Operation(
    "rest", "rest:POST /folders/{folder_id}/notes", (IDENTITY, FOLDER, NAME), reads_only=False
)
NOTES = Operation(
    "rest",
    "rest:GET /folders/{folder_id}/notes",
    (IDENTITY, FOLDER, LIMIT, CURSOR),
    reads_only=True,
    lists=True,
)
OFFER = Operation("rest", "rest:POST /folders/{folder_id}/offers", INVITE.parameters, False)
HANDED_OVER = Share(
    (OFFER.name,),
    "invitee_id",
    "folder_id",
    (),
    (ACCEPT.name,),
    change=True,
    members=True,
    transfers=True,
)
POLICY_OF_OFFERS = replace(POLICY, shares=(SHARED, PROMOTED, HANDED_OVER))
EVERY = (*OPERATIONS, STORE, NOTES, OFFER)


@dataclass
class PagedFolders(Folders):
    """Folders with notes in pages, whose owners offer them to members."""

    notes: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(EVERY)

    def call(self, operation: Operation, arguments: Mapping[str, Any], presented: Any) -> Answer:
        """Serve notes to members; an offer is an invitation."""
        if operation is OFFER:
            return super().call(INVITE, arguments, presented)
        if operation not in (STORE, NOTES):
            return super().call(operation, arguments, presented)
        self.calls += 1
        caller, folder = presented.headers.get("caller", ""), str(arguments.get("folder_id"))
        if caller not in (self.owners.get(folder), *(m for f, m in self.members if f == folder)):
            return MISSING
        known = self.notes.setdefault(folder, [])
        if operation is STORE:
            self.made += 1
            made = f"01a1fc95-41f3-4131-b962-{self.made * 7919:012d}"
            known.append({"id": made, "name": str(arguments["name"])})
            return Answer(Outcome.OK, 201, known[-1])
        start, limit = int(arguments.get("cursor") or 0), int(arguments.get("limit") or 20)
        further = str(start + limit) if start + limit < len(known) else None
        return Answer(
            Outcome.OK, 200, {"items": known[start : start + limit], "next_cursor": further}
        )


def _life() -> History:
    folders = PagedFolders()
    state = make_state(folders, ServiceRecord({each.name: each for each in EVERY}))
    state.fresh_history = lambda: History(
        {each.split("-")[0]: each for each in folders.subjects}, policy=POLICY_OF_OFFERS
    )
    example = ExampleRun(state, Capabilities.of(list(EVERY)))
    drawn_once(
        lambda draw: TakenBack().by_rule(example, draw, policy=POLICY_OF_OFFERS, rule=SHARED),
        Random(2),
    )
    return example.history


def _first_removal(history: History) -> Call:
    return next(
        e
        for e in history
        if e.operation == REMOVE.name and not e.probe and e.answer.outcome == "ok"
    )


def test_former_member_goes_on_by_the_cursor_of_a_page_that_they_were_shown() -> None:
    history = _life()
    removal = _first_removal(history)
    person = str(removal.arguments["member_id"]).split("-")[0]
    further = [
        each
        for each in history.calls[removal.index :]
        if each.operation == NOTES.name and each.actor.user == person and "cursor" in each.arguments
    ]
    assert further
    first = [
        each
        for each in history.calls[: removal.index]
        if each.operation == NOTES.name
        and each.actor.user == person
        and isinstance(each.answer.body, dict)
        and each.answer.body["next_cursor"] == further[0].arguments["cursor"]
    ]
    assert first[-1].arguments["folder_id"] == removal.arguments["folder_id"]


def test_former_member_accepts_what_was_offered_to_a_member_and_owns_nothing_by_it() -> None:
    history = _life()
    removal = _first_removal(history)
    person = str(removal.arguments["member_id"]).split("-")[0]
    offered = [e for e in history.calls[: removal.index] if e.operation == OFFER.name][-1]
    assert isinstance(offered.answer.body, dict)
    accepted = next(
        each
        for each in history.calls[removal.index :]
        if each.operation == ACCEPT.name
        and each.arguments["invitation_id"] == offered.answer.body["id"]
    )
    assert accepted.actor.user == person
    # The folders forget to withdraw the offer; the policy does not.
    assert accepted.answer.outcome is Outcome.OK
    decision = decide(
        POLICY_OF_OFFERS,
        history,
        str(removal.actor.user),
        person,
        NOTES.name,
        [str(removal.arguments["folder_id"])],
        accepted,
    )
    assert not decision.permitted
    assert decision.lost is not None
