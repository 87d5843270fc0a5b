"""The parts of a policy, as plain data: who people are, and the rules in their own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Person:
    """A user, as the policy knows them.

    Attributes:
        name: Of the principal: `alice`.
        tenant: The organisation; empty where there are none.
        roles: Those that they begin with.
        claims: Further attributes, which conditions and sharing can name.
        called: What the description calls them; the name by default.
    """

    name: str
    tenant: str = ""
    roles: tuple[str, ...] = ()
    claims: Mapping[str, Any] = field(default_factory=dict)
    called: str = ""


@dataclass(frozen=True, slots=True)
class Allow:
    """Right of some users to reach more than their own.

    Attributes:
        to: Roles and users; `*` for all.
        scope: Whose data: their own, their tenant's, or any user's.
        operations: By which operations, as patterns.
        change: Whether they may change it, too.
        when: A condition over attributes; empty for none.
    """

    to: tuple[str, ...]
    scope: Literal["own", "tenant", "any"]
    operations: tuple[str, ...] = (EVERYBODY,)
    change: bool = False
    when: str = ""

    def __str__(self) -> str:
        does = "change" if self.change else "read"
        condition = f", when {self.when}" if self.when else ""
        return (
            f"allow {', '.join(self.to)} to {does} {self.scope} data by "
            f"{', '.join(self.operations)}{condition}"
        )


@dataclass(frozen=True, slots=True)
class Reserve:
    """Operations that only some may call.

    Attributes:
        to: Roles and users.
        operations: As patterns.
    """

    to: tuple[str, ...]
    operations: tuple[str, ...]

    def __str__(self) -> str:
        return f"reserve {', '.join(self.operations)} for {', '.join(self.to)}"


@dataclass(frozen=True, slots=True)
class Share:
    """A call that opens a flow from an object's owner to a person, and calls that end it.

    Attributes:
        opens: The operation that opens it, or invites, as a pattern.
        person: The argument that names the person, or the group.
        object: The argument that names the object; empty where a role is given.
        ends: Operations that end it, as patterns.
        accept: The operation by which the person accepts; empty where nothing is to be accepted.
        role: The role that is given; empty where an object is shared.
        change: Whether the person may change the object, too.
    """

    opens: str
    person: str
    object: str = ""
    ends: tuple[str, ...] = ()
    accept: str = ""
    role: str = ""
    change: bool = False

    def __str__(self) -> str:
        what = f"role {self.role}" if self.role else self.object
        accepted = f", once accepted by {self.accept}" if self.accept else ""
        until = f", until {' or '.join(self.ends)}" if self.ends else ""
        return f"share {what} with {self.person} by {self.opens}{accepted}{until}"

    def concerns(self, operation: str) -> bool:
        """Return whether an operation opens, accepts or ends this sharing."""
        return matches((self.opens, *self.ends, *filter(None, (self.accept,))), operation)


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields of answers.

    Attributes:
        forbidden: Names, as patterns, that no answer ever holds.
        own: Names that only the answer to their owner holds.
    """

    forbidden: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules that say who may see what.

    Attributes:
        people: User name to person.
        boundary: Who is kept apart: users, or tenants.
        allows: What some may reach beside their own.
        reserves: Operations that only some may call.
        shares: Sharing that calls open and end.
        fields: Fields that answers do not hold.
    """

    people: Mapping[str, Person]
    boundary: Literal["user", "tenant"] = "user"
    allows: tuple[Allow, ...] = ()
    reserves: tuple[Reserve, ...] = ()
    shares: tuple[Share, ...] = ()
    fields: Fields = Fields()

    def reserved(self, operation: str) -> Reserve | None:
        """Return the rule by which an operation is reserved, if it is."""
        return next((each for each in self.reserves if matches(each.operations, operation)), None)

    def to_json(self) -> dict[str, Any]:
        """Return plain data, for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: The data is not a saved policy.
        """
        return cls(
            people={name: Person(**_tuples(each)) for name, each in data["people"].items()},
            boundary=data["boundary"],
            allows=tuple(Allow(**_tuples(each)) for each in data["allows"]),
            reserves=tuple(Reserve(**_tuples(each)) for each in data["reserves"]),
            shares=tuple(Share(**_tuples(each)) for each in data["shares"]),
            fields=Fields(**_tuples(data["fields"])),
        )


def matches(patterns: Sequence[str], operation: str) -> bool:
    """Return whether an operation has one of these names, with or without its protocol.

    Args:
        patterns: E.g. `GET /admin/*`, `mcp:delete_*`.
        operation: Its whole name, e.g. `rest:GET /admin/users`.
    """
    short = operation.partition(":")[2] or operation
    return any(
        form == each or fnmatchcase(form, each) for each in patterns for form in (operation, short)
    )


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(each) if isinstance(each, list) else each for name, each in row.items()}
