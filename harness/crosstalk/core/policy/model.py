"""The parts of a policy, as plain data: who people are, and the rules in their own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache
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
        opens: Operations that open it, or invite, as patterns.
        person: The argument that names the person, or the group.
        object: The argument that names the object; empty where a role is given.
        ends: Operations that end it, as patterns.
        accept: Operations by which the person accepts; none where nothing is to be accepted.
        role: The role that is given; empty where an object is shared.
        change: Whether the person may change the object, too.
        where: Argument to the value that a call must have there to open it.
        members: Whether only a person who has a share in the object already can be given this one.
        transfers: Whether the object is the person's own from then on.
        code: The argument of `accept` that says the code which `opens` answered, where whoever
            says it is given the share; empty where a person is named.
    """

    opens: tuple[str, ...]
    person: str
    object: str = ""
    ends: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    role: str = ""
    change: bool = False
    where: Mapping[str, str] = field(default_factory=dict)
    members: bool = False
    transfers: bool = False
    code: str = ""

    def __str__(self) -> str:
        what = f"role {self.role}" if self.role else self.object
        where = "".join(f" ({name} {value})" for name, value in self.where.items())
        accepted = f", once accepted by {' or '.join(self.accept)}" if self.accept else ""
        until = f", until {' or '.join(self.ends)}" if self.ends else ""
        does = "transfer" if self.transfers else "share"
        person = self.person or f"whoever has its {self.code}"
        return f"{does} {what} with {person} by {' or '.join(self.opens)}{where}{accepted}{until}"

    def concerns(self, operation: str) -> bool:
        """Return whether an operation opens, accepts or ends this sharing."""
        return matches((*self.opens, *self.ends, *self.accept), operation)


@dataclass(frozen=True, slots=True)
class Suspend:
    """Calls by which some users disable another's account, and enable it again.

    Attributes:
        to: Roles and users who may call them.
        disables: Operations that disable an account, as patterns.
        enables: Operations that enable it, as patterns.
        person: The argument that names the user.
        lists: Operations that show who has an account, and whether it is disabled.
    """

    to: tuple[str, ...]
    disables: tuple[str, ...]
    enables: tuple[str, ...]
    person: str
    lists: tuple[str, ...] = ()

    def __str__(self) -> str:
        return (
            f"{', '.join(self.to)} disable {self.person} by {' or '.join(self.disables)}, until "
            f"{' or '.join(self.enables)}"
        )

    def concerns(self, operation: str) -> bool:
        """Return whether an operation disables, enables or lists accounts."""
        return matches((*self.disables, *self.enables, *self.lists), operation)


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
        transcripts: Operations that show again what they showed their reader before, as patterns:
            what a conversation holds stays with who had it.
        suspends: Calls that disable accounts, and enable them again.
        newcomers: Whether other users can be put beside these people, who then have no role.
    """

    people: Mapping[str, Person]
    boundary: Literal["user", "tenant"] = "user"
    allows: tuple[Allow, ...] = ()
    reserves: tuple[Reserve, ...] = ()
    shares: tuple[Share, ...] = ()
    fields: Fields = Fields()
    transcripts: tuple[str, ...] = ()
    suspends: tuple[Suspend, ...] = ()
    newcomers: bool = False

    @property
    def impersonal(self) -> bool:
        """Return whether any other users can be put in the place of people without a role."""
        if self.newcomers:
            return True
        told = any(each.tenant or each.roles or each.claims for each in self.people.values())
        return not (told or self.allows or self.reserves or self.boundary != "user")

    @property
    def hides_accounts(self) -> bool:
        """Return whether who has an account is told to those alone who may list accounts."""
        return any(each.lists for each in self.suspends)

    def among(self, users: Iterable[str]) -> Policy:
        """Return the policy for these users, where it is the same for all; else itself."""
        if not self.impersonal:
            return self
        known = self.people if self.newcomers else {}
        return replace(self, people={each: known.get(each, Person(each)) for each in users})

    def arranges(self, operation: str) -> bool:
        """Return whether an operation shares, accepts or ends a share, or disables an account."""
        rules: tuple[Share | Suspend, ...] = (*self.shares, *self.suspends)
        return any(rule.concerns(operation) for rule in rules)

    def reserved(self, operation: str) -> Reserve | None:
        """Return the rule by which an operation is reserved, if it is."""
        return next((each for each in self.reserves if matches(each.operations, operation)), None)

    def suspending(self, operation: str) -> Suspend | None:
        """Return the rule by which an operation disables, enables or lists accounts, if any."""
        return next((each for each in self.suspends if each.concerns(operation)), None)

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
            shares=tuple(Share(**_share(each)) for each in data["shares"]),
            fields=Fields(**_tuples(data["fields"])),
            transcripts=tuple(data.get("transcripts", ())),
            suspends=tuple(Suspend(**_tuples(each)) for each in data.get("suspends", ())),
            newcomers=bool(data.get("newcomers", False)),
        )


def matches(patterns: Sequence[str], operation: str) -> bool:
    """Return whether an operation has one of these names, with or without its protocol.

    Args:
        patterns: E.g. `GET /admin/*`, `mcp:delete_*`.
        operation: Its whole name, e.g. `rest:GET /admin/users`.
    """
    return _matches(tuple(patterns), operation)


# The same few operations are compared with the same few rules in every judgement.
@lru_cache(maxsize=8_192)
def _matches(patterns: tuple[str, ...], operation: str) -> bool:
    short = operation.partition(":")[2] or operation
    return any(
        form == each or fnmatchcase(form, each) for each in patterns for form in (operation, short)
    )


def _share(row: Mapping[str, Any]) -> dict[str, Any]:
    """Read a share; earlier versions saved one operation as a text."""
    found = _tuples(row)
    for name in ("opens", "accept"):
        if isinstance(found.get(name), str):
            found[name] = (found[name],) if found[name] else ()
    return found


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(each) if isinstance(each, list) else each for name, each in row.items()}
