"""Situations that a campaign makes on purpose: what counts each, and why one cannot be made.

A clean run says little of a leak that shows in a situation which never came about, so that a report
names the count of each, and the reason where it is zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crosstalk.surface.capabilities import Capabilities, references, required_references
from crosstalk.surface.operation import Operation, Role
from crosstalk.targets.base import Target

# Readings that were compared around everything that another user may honestly do.
NEIGHBOUR = "readings around all that another user may do"
_UNLIMITED = "calls of one user that met no limit"
_NOT_REACHED = "the calls or the time were over before it"


@dataclass(frozen=True, slots=True)
class Situation:
    """One of the situations that leaks need.

    Attributes:
        name: As it is reported.
        counts: The counts by which it is known to have come about.
        obstacle: Returns why a target cannot have it; empty where it can.
        rule: Name of the generator's rule that makes it; empty where something else does.
    """

    name: str
    counts: tuple[str, ...]
    obstacle: Callable[[Target, Capabilities], str]
    rule: str = ""


def _many(target: Target, capabilities: Capabilities) -> str:
    return "" if capabilities.creators else "no operation stores something of a user's own"


def _pages(target: Target, capabilities: Capabilities) -> str:
    return "" if capabilities.paged else "no listing takes a cursor and the size of a page"


def _neighbours(target: Target, capabilities: Capabilities) -> str:
    if target.neighbours:
        return ""
    return "users exist already, or the system or the file says what they are called"


def _equal_words(target: Target, capabilities: Capabilities) -> str:
    stores = any(
        each.role in (Role.TEXT, Role.NAME, Role.VALUE)
        for operation in capabilities.creators
        for each in operation.parameters
    )
    return "" if stores else "nothing that is stored takes a text or a value"


def _refusals(target: Target, capabilities: Capabilities) -> str:
    takes = any(
        each.role is not Role.IDENTITY
        for operation in capabilities.protected
        for each in operation.parameters
    )
    return "" if takes else "no operation takes an argument"


def _protocol(target: Target, capabilities: Capabilities) -> str:
    found = any(each.descriptive and not each.unannounced for each in target.operations.values())
    return "" if found else "no document or listing of the server's describes it"


def _changes(target: Target, capabilities: Capabilities) -> str:
    by_id = any(
        required_references(each) for each in capabilities.mutates_by_id if not each.reads_only
    )
    return "" if by_id else "no operation changes or deletes an object that it names"


def _second_order(target: Target, capabilities: Capabilities) -> str:
    writes = [each for each in capabilities.protected if _takes_another_id(each)]
    return "" if writes else "no write has room for an id beside the object that it changes"


def _takes_another_id(operation: Operation) -> bool:
    if operation.reads_only or operation.conversational:
        return False
    beside = [each for each in references(operation) if each not in required_references(operation)]
    return bool(beside) or operation.parameter(Role.TEXT) is not None


def _later(target: Target, capabilities: Capabilities) -> str:
    stores = capabilities.chats or capabilities.creators
    return "" if stores else "no operation stores something of a user's own, or asks a model"


def _limits(target: Target, capabilities: Capabilities) -> str:
    return "" if target.production else "the limits of production cannot be had, or are kept"


def _neighbour(target: Target, capabilities: Capabilities) -> str:
    if len(target.principals.members) < 2:
        return "there is only one user"
    lists = any(each.lists for each in target.operations.values())
    return "" if lists else "no operation lists what is a user's own"


SITUATIONS = (
    Situation("a busy neighbour", (NEIGHBOUR,), _neighbour, "busy_neighbour"),
    Situation("many of a kind", ("floods",), _many, "many_objects"),
    Situation("lists read to their end", ("lists read to their end",), _pages, "last_page"),
    Situation("users with nearly equal names", ("examples with nearly equal users",), _neighbours),
    Situation("equal words", ("equal words stored by two users",), _equal_words, "equal_words"),
    Situation("refusals", ("constraints broken",), _refusals, "broken_constraint"),
    Situation(
        "the server's own descriptions",
        ("self-descriptions read",),
        _protocol,
        "self_description",
    ),
    Situation("honest change", ("honest updates", "honest deletions"), _changes, "honest_change"),
    Situation("another's id stored", ("writes with another's id",), _second_order, "second_order"),
    Situation("a while that passes", ("waits before readings",), _later, "later"),
    Situation("limits as in production", ("limits used up",), _limits),
)

# Count to the count of everything that there was to do.
_OF = {"constraints broken": "constraints to break"}


def rules_owed(made: Mapping[str, int]) -> frozenset[str]:
    """Return the names of the rules whose situation has not come about yet.

    Args:
        made: Counts of a campaign so far.
    """
    return frozenset(
        each.rule for each in SITUATIONS if each.rule and not any(map(made.get, each.counts))
    )


def counts_in_words(made: Mapping[str, int]) -> list[str]:
    """Return each count with its name, and with what it is a part of: `broken 5 of 9`.

    Args:
        made: Counts of a campaign.
    """
    wholes = {_OF[name]: name for name in made if name in _OF}
    return [
        f"{name} {count}" + (f" of {made[_OF[name]]}" if made.get(_OF.get(name, "")) else "")
        for name, count in sorted(made.items())
        if name not in wholes
    ]


def situations_not_made(made: Mapping[str, int], target: Target) -> dict[str, str]:
    """Return each situation that did not come about, with the reason.

    Args:
        made: Counts of a campaign.
        target: What was tried.
    """
    capabilities = Capabilities.of(list(target.operations.values()))
    unlimited = f"{made[_UNLIMITED]} {_UNLIMITED}" if made.get(_UNLIMITED) else ""
    reasons = {"limits as in production": unlimited}
    return {
        each.name: each.obstacle(target, capabilities) or reasons.get(each.name) or _NOT_REACHED
        for each in SITUATIONS
        if not any(made.get(count) for count in each.counts)
    }
