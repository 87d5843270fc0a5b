"""A history of notes that are shared, written call by call, under a policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Actor, Answer, Call, History, Outcome, Probe
from crosstalk.core.policy import Person, Policy, Share

ALICE, BOB, CAROL = (Actor(name, name, name) for name in ("alice", "bob", "carol"))
NOTE = "11111111-2222-4333-8444-000000000001"
TEXT = "note xtalicez00000001"
LATER = "note xtalicez00000002"
SHARE = Share(
    opens=("POST /notes/{note_id}/shares",),
    person="username",
    object="note_id",
    ends=("DELETE /notes/{note_id}/shares/{username}",),
)
PEOPLE = {
    "alice": Person("alice", "acme"),
    "bob": Person("bob", "acme", ("admin",)),
    "carol": Person("carol", "globex"),
}


class Story:
    """Appends calls to a history; returns itself, so that it reads as a story."""

    def __init__(self, policy: Policy | None) -> None:
        subjects = {name: f"{name}-0001" for name in PEOPLE}
        self.history = History(subjects, policy=policy)

    def call(
        self,
        actor: Actor,
        operation: str,
        arguments: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        outcome: Outcome = Outcome.OK,
        probe: Probe | None = None,
    ) -> Story:
        """Make one more call."""
        index = len(self.history) + 1
        answer = Answer(outcome, 200 if outcome is Outcome.OK else 403, body)
        self.history.record(
            Call(index, actor, operation, arguments or {}, answer, float(index), index + 0.5, probe)
        )
        return self

    def stored(self) -> Story:
        """Have alice store a note."""
        return self.call(
            ALICE, "rest:POST /notes", {"text": TEXT}, {"id": NOTE, "text": TEXT, "owner": "x"}
        )

    def shared(self, person: str = "bob", by: Actor = ALICE, rule: Share = SHARE) -> Story:
        """Have a user share the note with a person."""
        given = {"note_id": NOTE, "username": self.history.subjects[person]}
        return self.call(by, f"rest:{rule.opens[0]}", given, {"shared": True})

    def taken_back(self, person: str = "bob", by: Actor = ALICE) -> Story:
        """Have a user take it back."""
        given = {"note_id": NOTE, "username": self.history.subjects[person]}
        return self.call(by, f"rest:{SHARE.ends[0]}", given, {"shared": False})

    def read(self, actor: Actor, text: str = TEXT) -> Story:
        """Have a user read the note, and be served."""
        return self.call(
            actor, "rest:GET /notes/{note_id}", {"note_id": NOTE}, {"id": NOTE, "text": text}
        )


def sharing_policy(*rules: Share) -> Policy:
    """Return a policy with these rules for sharing."""
    return Policy(people=PEOPLE, shares=rules or (SHARE,))
