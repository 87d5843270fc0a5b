"""Matrix of a policy: person, operation and whose data, and what of it was tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crosstalk.core.history import History
from crosstalk.core.policy.decision import decide, may_call
from crosstalk.core.policy.model import Policy
from crosstalk.core.policy.objects import named_values, objects_of

if TYPE_CHECKING:
    from crosstalk.core.history import Call

OWN = "own"


@dataclass(slots=True)
class PolicyRow:
    """One entry of the matrix.

    Attributes:
        person: Who calls.
        operation: What they call.
        whose: Whose data it names: `own`, or another user's name.
        permitted: What the policy says before anything is shared.
        tried: Number of such calls.
        served: Number of them that returned a result.
        shared: Number of them that sharing permitted.
    """

    person: str
    operation: str
    whose: str
    permitted: bool
    tried: int = 0
    served: int = 0
    shared: int = 0


@dataclass(slots=True)
class PolicyMatrix:
    """The matrix of a policy over some operations.

    Attributes:
        rows: By person, operation and whose data.
    """

    rows: dict[tuple[str, str, str], PolicyRow] = field(default_factory=dict)

    @classmethod
    def of(cls, policy: Policy, operations: Collection[str]) -> PolicyMatrix:
        """Return the matrix before anything was tried."""
        nothing, found = History({}), cls()
        for person in policy.people:
            for operation in sorted(operations):
                callable_, _ = may_call(policy, nothing, person, operation)
                for whose in policy.people:
                    name = OWN if whose == person else whose
                    asked = (whose, person, operation, ())
                    permitted = callable_ and decide(policy, nothing, *asked).permitted
                    row = PolicyRow(person, operation, name, permitted)
                    found.rows[person, operation, name] = row
        return found

    def take(self, history: History) -> None:
        """Count the calls of a history in."""
        policy = history.policy
        if policy is None:
            return
        owners = objects_of(history).owners
        users = {subject: name for name, subject in history.subjects.items()}
        for call in history:
            user = call.actor.user
            if user is None or call.actor.forgery is not None:
                continue
            whose = _whose(call, owners, users)
            row = self.rows.get((user, call.operation, OWN if whose == user else whose))
            if row is None:
                continue
            row.tried += 1
            row.served += call.answer.outcome == "ok"
            asked = (whose, user, call.operation, named_values(call), call)
            row.shared += not row.permitted and decide(policy, history, *asked).permitted

    @property
    def permitted_share(self) -> float:
        """Part of the entries about others' data that the policy permits."""
        others = [each for each in self.rows.values() if each.whose != OWN]
        return sum(each.permitted for each in others) / len(others) if others else 0.0

    def refused_tried(self) -> int:
        """Return the number of entries that the policy refuses and a call tried."""
        refused = (each for each in self.rows.values() if not each.permitted)
        return sum(each.tried > each.shared for each in refused)

    def to_json(self) -> dict[str, Any]:
        """Return plain data for a run's summary."""
        return {
            "permitted_share": round(self.permitted_share, 3),
            "refused": sum(not each.permitted for each in self.rows.values()),
            "refused_tried": self.refused_tried(),
            "matrix": [
                {
                    "person": each.person,
                    "operation": each.operation,
                    "whose": each.whose,
                    "permitted": each.permitted,
                    "tried": each.tried,
                    "served": each.served,
                    "shared": each.shared,
                }
                for each in self.rows.values()
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PolicyMatrix:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: The data is not a saved matrix.
        """
        rows = (PolicyRow(**each) for each in data["matrix"])
        return cls({(each.person, each.operation, each.whose): each for each in rows})


def merged(matrices: Sequence[PolicyMatrix | None]) -> PolicyMatrix | None:
    """Return the counts of several runs together; None where no run had a policy."""
    found: PolicyMatrix | None = None
    for each in matrices:
        if each is None:
            continue
        found = found or PolicyMatrix()
        for key, row in each.rows.items():
            known = found.rows.setdefault(
                key, PolicyRow(row.person, row.operation, row.whose, row.permitted)
            )
            known.tried += row.tried
            known.served += row.served
            known.shared += row.shared
    return found


def _whose(call: Call, owners: Mapping[str, str], users: Mapping[str, str]) -> str:
    """Return whose data a call names; its caller's where it names nothing of others."""
    user = call.actor.user or ""
    said = [str(each) for each in call.arguments.values() if isinstance(each, str)]
    named = Counter(
        [users[each] for each in said if each in users]
        + [owners[key] for key in named_values(call) if key in owners]
    )
    named.pop(user, None)
    return named.most_common(1)[0][0] if named else user
