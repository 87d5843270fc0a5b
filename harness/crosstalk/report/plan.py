"""The plan of a run: what would be called, as whom, how often, and where it would be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.rehearsal import Rehearsal
from crosstalk.core.principals import with_names
from crosstalk.surface.operation import Operation
from crosstalk.targets.base import Target


@dataclass(frozen=True, slots=True)
class Plan:
    """Plan of a run.

    Attributes:
        target: It is planned for; its operations, and what is left out.
        options: Budget of the run.
        rehearsal: Calls by operation and caller.
        discovery: What was sent to find the operations out; nothing from documents.
        destinations: Surface (`mcp`, `rest`) to the address or command.
        commands: Commands of the description that a run would run, in words.
        names: Principal to the name that the description gives that user, where it lists users.
    """

    target: Target
    options: CampaignOptions
    rehearsal: Rehearsal
    discovery: tuple[str, ...]
    destinations: Mapping[str, str]
    commands: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, str, str, int, int]]:
        """Return name, what it does, callers, calls of the first sweep and of the rest."""
        return [
            (
                name,
                what_it_does(each),
                ", ".join(self._callers(name)) or "none",
                sum(self.rehearsal.sweep.get(name, {}).values()),
                sum(self.rehearsal.search.get(name, {}).values()),
            )
            for name, each in sorted(self.target.operations.items())
        ]

    def _callers(self, name: str) -> Sequence[str]:
        found = {
            **self.rehearsal.sweep.get(name, {}),
            **self.rehearsal.search.get(name, {}),
        }
        # Concurrent clients have names of their own, and are many.
        known = [
            *(each.name for each in self.target.principals.members),
            *(each.name for each in self.target.principals.impostors),
            *(each.name for each in self.target.principals.strangers),
        ]
        bystander = self.target.principals.bystander
        ordinary = [*known, *([bystander.name] if bystander is not None else [])]
        named = [with_names(each, self.names) for each in ordinary if each in found]
        return [*named, *(["concurrent clients"] if set(found) - set(ordinary) else [])]

    def to_json(self) -> dict[str, Any]:
        """Return plain data; the keys stay."""
        return {
            "calls": self.options.calls,
            "seconds": self.options.seconds,
            "operations": {
                name: {
                    "does": does,
                    "first_sweep": dict(self.rehearsal.sweep.get(name, {})),
                    "search": dict(self.rehearsal.search.get(name, {})),
                    "first_sweep_calls": sweep,
                    "search_calls": search,
                }
                for name, does, _, sweep, search in self.rows()
            },
            "skipped": dict(self.target.skipped),
            "not_called": {each.where: each.text for each in self.target.untried},
            "not_applicable": dict(self.target.not_applicable),
            "discovery": list(self.discovery),
            "destinations": dict(self.destinations),
            "commands": list(self.commands),
            "examples": self.rehearsal.examples,
        }


def what_it_does(operation: Operation) -> str:
    """Return what an operation does, in a word or two."""
    if operation.public:
        return "public"
    if operation.conversational:
        return "asks a model"
    kind = operation.extra.get("kind")
    if kind not in (None, "other"):
        return str(kind)
    if operation.reads_only:
        return "list" if operation.lists else "read"
    return "store" if operation.stores else "change"
