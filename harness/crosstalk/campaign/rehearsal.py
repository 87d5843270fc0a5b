"""A campaign against a pretended system, to say beforehand what it would call, as whom, how often.

The generator decides its calls by what it is answered, so it is answered: the pretended system
keeps objects, shows users their own, and refuses everything else. What a policy reserves is served
to those whom it is reserved for; nothing is shared. Nothing leaves this process.
"""

from __future__ import annotations

import itertools
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from crosstalk.campaign.events import Event, PartBegun, Progress
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.identifiers import last_name
from crosstalk.core.policy import Policy
from crosstalk.core.policy.decision import may_call
from crosstalk.core.policy.model import matches
from crosstalk.core.policy.suspension import may_suspend
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Role, Surface
from crosstalk.targets.base import Target

# Parts that make each call once, whatever the budget is.
_SWEEPS = ("first look", "closer look", "first sweep")
# Of a budget; the rest is like what was rehearsed, and is scaled.
_MOST_CALLS, _MOST_SECONDS = 1_000, 20.0
_APART = "\x1f"
# Roles that are given or taken in the course of a run stay as they were.
_NO_HISTORY = History({})


@dataclass(slots=True)
class Rehearsal:
    """Calls that a campaign would make.

    Attributes:
        sweep: Operation to the calls of looks and sweep by each caller, exact but for answers.
        search: Operation to the calls after it by each caller, for the whole budget.
        examples: Examples that would be run, each of which begins with a reset where there is one.
    """

    sweep: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    search: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    examples: int = 0


def rehearse(target: Target, options: CampaignOptions) -> Rehearsal:
    """Run a campaign against a pretended system with a target's operations.

    Args:
        target: Only its operations, principals and settings are used.
        options: Of the campaign.
    """
    calls = min(options.calls, _MOST_CALLS)
    pretended = _Pretended(target.operations, target.policy)
    surfaces: dict[str, Surface] = dict.fromkeys(
        {each.surface for each in target.operations.values()}, pretended
    )
    stand_in = replace(
        target,
        surfaces=surfaces,
        credentials=_Names(),
        reset=pretended.reset,
        prepare=None,
        take_down=None,
        release=None,
        left=None,
        databases={},
        database=None,
        subjects=None,
        forgeries=(),
        persistent=False,
    )
    found = Rehearsal()

    def listen(event: Event) -> None:
        if isinstance(event, PartBegun):
            pretended.part = event.name
        elif isinstance(event, Progress):
            found.examples = event.examples

    limited = replace(options, calls=calls, seconds=min(options.seconds, _MOST_SECONDS))
    Campaign(stand_in, limited, listen).run()
    made = sum(sum(each.values()) for part in pretended.made.values() for each in part.values())
    swept = sum(sum(each.values()) for part in _SWEEPS for each in pretended.made[part].values())
    rest = max(1, made - swept)
    scale = max(0.0, options.calls - swept) / rest
    for part, operations in pretended.made.items():
        for name, callers in operations.items():
            for caller, count in callers.items():
                if part in ("", *_SWEEPS):
                    found.sweep[name][caller] += count
                else:
                    found.search[name][caller] += round(count * scale)
    found.examples = round(found.examples * max(1.0, options.calls / max(1, made)))
    return found


class _Names:
    """Presents an actor's name and subject."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return what this actor presents."""
        return Presented(connection=_APART.join((actor.name, actor.user or "", subject)))


class _Pretended:
    """A system that keeps users apart.

    Attributes:
        part: Part of the campaign that is under way.
        made: Part to operation to caller to the number of calls.
    """

    def __init__(self, operations: Mapping[str, Operation], policy: Policy | None) -> None:
        self._operations = operations
        self._policy = policy
        self._numbered = any(
            each.refers and each.schema.get("type") == "integer"
            for operation in operations.values()
            for each in operation.parameters
        )
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.part = ""
        self.made: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        self.reset()

    def reset(self) -> None:
        """Forget all objects."""
        self._objects: dict[str, dict[str, Any]] = {}
        self._disabled: set[str] = set()

    def discover(self) -> list[Operation]:
        """Return the operations."""
        return list(self._operations.values())

    def close(self) -> None:
        """Hold nothing open."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Count a call and answer it as a sound system does."""
        name, user, subject = presented.connection.split(_APART)
        with self._lock:
            self.made[self.part][operation.name][name] += 1
            if not user and not operation.public:
                return Answer(Outcome.REFUSED, 401, {"error": "unauthorized"}, code="unauthorized")
            if not self._permits(operation.name, user, subject):
                return Answer(Outcome.REFUSED, 403, {"error": "forbidden"}, code="forbidden")
            self._suspend(operation.name, arguments)
            return self._answer(operation, arguments, subject)

    def _answer(self, operation: Operation, arguments: Mapping[str, Any], owner: str) -> Answer:
        named = [
            str(each)
            for parameter in required_references(operation)
            for value in [arguments.get(parameter.name)]
            for each in (value if isinstance(value, list) else [value])
        ]
        if named:
            found = [self._objects.get(each) for each in named]
            if any(each is None or each["owner"] != owner for each in found):
                return Answer(Outcome.ERROR, 404, {"error": "not_found"}, code="not_found")
            shown = [each for each in found if each is not None]
            if not operation.reads_only:
                shown[0].update(self._given(operation, arguments))
            return Answer(Outcome.OK, 200, shown[0] if len(shown) == 1 else shown)
        if operation.reads_only:
            mine = [each for each in self._objects.values() if each["owner"] == owner]
            return Answer(Outcome.OK, 200, {"items": mine})
        number = next(self._numbers)
        known: int | str = number if self._numbered else str(uuid.uuid4())
        made = {**self._given(operation, arguments), "id": known, "owner": owner}
        self._objects[str(known)] = made
        return Answer(Outcome.OK, 201, made)

    def _permits(self, operation: str, user: str, subject: str) -> bool:
        """Return whether a policy lets a user call an operation, whatever it is about."""
        if self._policy is None:
            return True
        rule = self._policy.suspending(operation)
        return (
            subject not in self._disabled
            and may_call(self._policy, _NO_HISTORY, user, operation)[0]
            and (rule is None or may_suspend(self._policy, rule, user))
        )

    def _suspend(self, operation: str, arguments: Mapping[str, Any]) -> None:
        """Disable the account that a call names, or enable it again."""
        rule = self._policy.suspending(operation) if self._policy is not None else None
        if rule is None:
            return
        named = {str(each) for name, each in arguments.items() if last_name(name) == rule.person}
        if matches(rule.disables, operation):
            self._disabled |= named
        elif matches(rule.enables, operation):
            self._disabled -= named

    def _given(self, operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
        kept = {each.name for each in operation.parameters if each.role is not Role.IDENTITY}
        if self._policy is not None:
            forbidden = self._policy.fields.forbidden
            kept = {each for each in kept if not _is_named(last_name(each), forbidden)}
        return {
            name: value
            for name, value in arguments.items()
            if name in kept and name not in ("id", "owner")
        }


def _is_named(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, each) for each in patterns)
