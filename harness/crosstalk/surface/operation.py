"""Operations in one form whatever the protocol: a name and typed parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from crosstalk.core.history import Answer
from crosstalk.surface.credentials import Presented

# Header of a request that is refused where the object is another one by now.
CONDITION = "if-match"
# The header that says which page has led to this one.
REFERRER = "referer"


class Role(StrEnum):
    """Purpose of a parameter, inferred from its schema and name, and corrected by observation."""

    IDENTITY = "identity"  # says whose data is meant
    REFERENCE = "reference"  # names an object by the id that the system gave it
    NAME = "name"  # names an object by what its user chose to call it
    CURSOR = "cursor"  # continues a listing
    QUERY = "query"  # is searched for
    KEY = "key"  # names the call, so that a repeat of it is known as one
    TEXT = "text"  # free text that is stored or read
    VALUE = "value"  # anything else: enumerations, numbers, dates, switches


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of an operation, with its JSON Schema (resolved: no `$ref` left inside).

    Attributes:
        name: Unique in the operation; `lines[].text` stands in an element of `lines`.
        schema: Of its value.
        required: Whether a call without it is refused by the operation's schema.
        role: What it means.
        inside: Name of the optional object or list which is refused without it; empty for none.
    """

    name: str
    schema: Mapping[str, Any]
    required: bool
    role: Role
    inside: str = ""

    @property
    def refers(self) -> bool:
        """Return whether it names an object."""
        return self.role in (Role.REFERENCE, Role.NAME)

    @property
    def many(self) -> bool:
        """Return whether it takes a list."""
        return self.schema.get("type") == "array"

    def needed_beside(self, others: Collection[str]) -> bool:
        """Return whether one of these arguments stands in the object that is refused without it."""
        around = (f"{self.inside}.", f"{self.inside}[")
        return bool(self.inside) and any(each.startswith(around) for each in others)


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that can be called.

    Attributes:
        surface: `mcp`, `rest`, `chat` or `chatkit`.
        name: Unique over all surfaces, e.g. `mcp:get_task`, `rest:GET /api/{user_id}/tasks`.
        parameters: Its arguments, whatever place they travel in.
        reads_only: The server declares that it changes nothing (readOnlyHint, GET).
        public: The server declares that it needs no credential.
        lists: True where it needs nothing but the identity to show the caller's own data, so
            that it can serve as an observation.
        conversational: Its text goes to a model, which answers.
        unproven: No credential proves to it who calls.
        unannounced: The server does not say whether it offers it: one that never answers with
            anything is not offered, and leaves nothing open.
        descriptive: It says what the server is or offers: a stranger may read it, and no user's
            data belongs in it. A rule of its own reads it.
        takes_more: It takes an object, which may hold fields beside those that are declared.
        effect_only: It is called only to see whether it still works, as a login is.
    """

    surface: str
    name: str
    parameters: tuple[Parameter, ...]
    reads_only: bool
    public: bool = False
    lists: bool = False
    conversational: bool = False
    unproven: bool = False
    effect_only: bool = False
    unannounced: bool = False
    descriptive: bool = False
    takes_more: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stores(self) -> bool:
        """Return whether it takes a text that it may keep: of what makes something, a name too."""
        kind = self.extra.get("kind")
        kept = (Role.TEXT, Role.NAME) if kind == "create" else (Role.TEXT,)
        # Another name for what is there makes nothing.
        renames = self.extra.get("renames", ())
        texts = [e for e in self.parameters if e.role in kept and e.name not in renames]
        return not self.reads_only and kind != "delete" and bool(texts)

    def chooses(self, parameter: Parameter) -> bool:
        """Return whether a call gives something new the name that a parameter holds.

        In the address of what is changed stands the name of what is there.
        """
        if parameter.role is not Role.NAME or not self.stores:
            return False
        method, _, address = self.name.partition(":")[2].partition(" ")
        changed = method in ("PATCH", "POST") and f"{{{parameter.name}}}" in address
        return not changed or self.extra.get("kind") == "create"

    @property
    def pushes(self) -> bool:
        """Return whether a call returns what was sent to its caller since their last call."""
        return "pushes" in self.extra

    @property
    def shown_to_all(self) -> bool:
        """Return whether a server answers it to every user alike, as what it says of itself."""
        lists_resources = self.name.endswith("resources/list")
        return self.public or self.descriptive or self.pushes or lists_resources

    def parameter(self, role: Role) -> Parameter | None:
        """Return the first parameter of that role, if there is one."""
        return next((each for each in self.parameters if each.role is role), None)


class Surface(Protocol):
    """Makes calls of one protocol over the wire; holds its own connections."""

    def discover(self) -> list[Operation]:
        """List what can be called now.

        Raises:
            SurfaceError: The server cannot be reached or does not speak the protocol.
        """
        ...

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Make one call with what the caller presents.

        Never raises for what the server does: no answer is an answer of its own kind.
        """
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
