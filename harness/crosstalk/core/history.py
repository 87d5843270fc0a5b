"""The one datum of a run: every call with its actor, request, answer and times.

The generator decides calls, a surface makes them, and all of them land here in order. Oracles
are functions of a history: they can be tested on one written by hand, and a saved one can be
judged again. The history knows nothing of how calls are made or judged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeVar, cast

from crosstalk.core.identifiers import identifiers_of, paths_in
from crosstalk.core.owned_objects import OwnedObject
from crosstalk.core.policy import Decision, Policy, decide

T = TypeVar("T")

W = TypeVar("W", bound="Walk")

# What files saved by version 0.1.0 say, and what it is called now.
_FORMER_VALUES: Mapping[Any, str] = {"crowd": "concurrency", "among": "concurrent"}
_FORMER_KEYS: Mapping[str, str] = {"cut": "aborted_at"}


class Outcome(StrEnum):
    """Kinds of answers, as far as the wire says."""

    OK = "ok"
    ERROR = "error"  # the surface answered with an error of its own kind
    REFUSED = "refused"  # an error that speaks of the credential or the form of the request
    LIMITED = "limited"  # 429: says nothing about isolation
    UNREACHABLE = "unreachable"  # no answer: says nothing about isolation


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came back over the wire.

    Attributes:
        outcome: Kind of answer; `status` and `body` hold the evidence.
        status: HTTP status, or None without an answer.
        body: Decoded JSON where it was JSON, text otherwise. For an MCP tool the result object
            (`structuredContent` where present, else the decoded text blocks).
        headers: Response headers, lower-case names, without per-response noise (date, length).
        code: The error code of the envelope or protocol, if any.
        message: The error message, if any.
        unsolicited: What else reached the caller with the answer or since the one before, and is
            part of neither: notifications, requests of the server, lines of a stream or of standard
            output that hold no reply. Searched for other users' values; never compared, because
            when such messages come is the server's choice.
        linked: Name to value, or values, of what can be given to other calls as the ids and cursors
            in the body can: what the headers `Location` and `Link` name, the variables in URIs.
    """

    outcome: Outcome
    status: int | None
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    message: str | None = None
    unsolicited: tuple[Any, ...] = ()
    linked: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def paths(self) -> list[tuple[str, str]]:
        """Return every text and every id with its path: in the body, and in what is linked."""
        return [*paths_in(self.body), *paths_in(dict(self.linked), "linked")]


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller: a credential, and the identity that it puts into arguments.

    Attributes:
        name: How reports call them.
        user: Whose token they carry; None for a caller without one.
        claims: Whose id they put into identity arguments and paths.
        forgery: Name of the forgery that spoils their token, if any.
    """

    name: str
    user: str | None
    claims: str
    forgery: str | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """The reason for a call, where an oracle compares calls with each other.

    Attributes:
        kind: `ownership` compares the victim's reads before and after another user acted;
            `existence` compares a foreign id with a missing one; `worlds` compares what one user
            observes in worlds that differ in what the others do; `concurrency` compares what a
            client gets alone with what it gets beside concurrent clients; `identity` marks calls
            of a client that says to be the victim, where no credential proves it; `effect` compares
            whether the victim's calls still work after another user acted; `escalation` compares
            what the actor may do, and what the victim sees, before and after undeclared fields;
            `delegation` compares what a reserved operation shows with what an agent shows; `names`
            compares whether words, or an id in a text, are accepted that the victim has stored, and
            the same of which no user has any.
        key: Calls with one key belong together.
        part: `before`, `attack`, `after` (ownership, effect), `foreign`, `missing` (existence,
            names), `observed`, `varied` (worlds), `alone`, `concurrent` (concurrency), `claimed`
            (identity), or `alone`, `before`, `attack`, `after` (escalation).
        victim: The user whose data is at stake; of `worlds` the observer.
    """

    kind: Literal[
        "ownership",
        "existence",
        "worlds",
        "concurrency",
        "identity",
        "effect",
        "escalation",
        "delegation",
        "names",
    ]
    key: int
    part: Literal[
        "before",
        "attack",
        "after",
        "foreign",
        "missing",
        "observed",
        "varied",
        "alone",
        "concurrent",
        "claimed",
    ]
    victim: str

    @classmethod
    def from_json(cls, row: Mapping[str, Any] | None) -> Probe | None:
        """Read a saved probe; None where a call had none.

        Raises:
            KeyError, TypeError: The data is not a saved probe.
        """
        if not row:
            return None
        kind, part = (_FORMER_VALUES.get(row[name], row[name]) for name in ("kind", "part"))
        return cls(**{**row, "kind": kind, "part": part})


@dataclass(frozen=True, slots=True)
class Sending:
    """The way in which a request travels, where that matters.

    Attributes:
        client: Who numbers their own messages: clients that do not know each other all begin
            at 1. Empty for the surface itself.
        connection: Requests with one name share one kept connection; empty for a pool that
            all clients share.
        aborted_at: Where the client aborts the request: after the `head`, in the middle of the
            `body`, while it is `served`, when the `answer` begins; empty for a request that is
            made in full.
        after: Seconds between that point and the abort; of a request that is made in full, before
            it is sent.
        body: What is sent of the body: nothing where it is `empty`, the first half where it is
            `cut`, all of it otherwise. The request says of itself what is sent.
        copies: Times that an aborted request is made at once, each on a connection of its own.
    """

    client: str = ""
    connection: str = ""
    aborted_at: Literal["", "head", "body", "served", "answer"] = ""
    after: float = 0.0
    body: Literal["", "empty", "cut"] = ""
    copies: int = 1

    @classmethod
    def from_json(cls, row: Mapping[str, Any] | None) -> Sending | None:
        """Read a saved way of sending; None where the request travelled as usual.

        Raises:
            TypeError: The data is not a saved way of sending.
        """
        if not row:
            return None
        return cls(**{_FORMER_KEYS.get(name, name): value for name, value in row.items()})


@dataclass(frozen=True, slots=True)
class Call:
    """One call and its answer. Times are seconds on one monotonic clock.

    Attributes:
        together: Calls of one number, other than 0, were under way at the same time.
        sending: How the request travelled, where it was not as usual.
    """

    index: int
    actor: Actor
    operation: str
    arguments: Mapping[str, Any]
    answer: Answer
    started: float
    ended: float
    probe: Probe | None = None
    world: str = "main"
    together: int = 0
    sending: Sending | None = None
    _found: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, name: str, find: Callable[[Call], T]) -> T:
        """Return what follows from this call alone; found once, for it does not change.

        Args:
            name: Of what is found; one name, one way to find it.
            find: Finds it; what is returned must not be changed.
        """
        if name not in self._found:
            self._found[name] = find(self)
        return cast(T, self._found[name])

    @property
    def sent(self) -> frozenset[str]:
        """The identifying values in the arguments."""
        return self.once("sent", lambda it: frozenset(identifiers_of(it.arguments)))

    @property
    def received(self) -> frozenset[str]:
        """The identifying values in the body of the answer."""
        return self.once("received", lambda it: frozenset(identifiers_of(it.answer.body)))

    @property
    def paths(self) -> Sequence[tuple[str, str]]:
        """Every text and every id of the answer, with its path."""
        return self.once("paths", lambda it: tuple(it.answer.paths()))

    @property
    def texts(self) -> frozenset[str]:
        """The texts and ids of the answer, wherever they stand."""
        return self.once("texts", lambda it: frozenset(text for _, text in it.paths))

    @property
    def heard(self) -> frozenset[str]:
        """The identifying values in what reached the caller beside the answer."""
        return self.once("heard", lambda it: frozenset(identifiers_of(it.answer.unsolicited)))

    def to_json(self) -> dict[str, Any]:
        """Plain data, for a file."""
        row = asdict(replace(self))
        del row["_found"]
        return row


class Walk(Protocol):
    """Something that takes the calls of a history in order."""

    def take(self, call: Call) -> object:
        """Take the next call."""
        ...


@dataclass(frozen=True, slots=True)
class Flow:
    """Sharing that is meant: what `source` stored may reach `target`, who may also change it.

    Attributes:
        source: A user, or `*` for every user.
        target: A user, or `*` for every user.
        operations: By which operations; none named means by all.
    """

    source: str = "*"
    target: str = "*"
    operations: frozenset[str] = frozenset()

    def permits(self, source: str, target: str | None, operation: str) -> bool:
        """Return whether it covers this case; without a credential only `*` does."""
        return (
            self.source in ("*", source)
            and self.target in ("*", target)
            and (not self.operations or operation in self.operations)
        )


class Channel(StrEnum):
    """Weaknesses that the owner of a system may know of and accept.

    All but the last are side channels: users notice each other without seeing each other's data.
    """

    NUMBER_GAPS = "number-gaps"  # ids are numbers that all users share
    # A number is given again after its row was deleted, unless another user's row came after it.
    NUMBER_REUSE = "number-reuse"
    SHARED_LIMITS = "shared-limits"  # a limit counts what several users do, e.g. by address
    UNAUTHENTICATED_IDENTITY = "unauthenticated-identity"  # no credential proves who calls


# What numbers used as ids tell is known to whoever uses numbers.
ACCEPTED_BY_DEFAULT = frozenset({Channel.NUMBER_GAPS, Channel.NUMBER_REUSE})


@dataclass(slots=True)
class History:
    """Calls in the order in which they ended, and the ids that stand for each user.

    Attributes:
        subjects: User name to the subject the system knows them by.
        public_values: Identifying values that every user may see (calibrated before any user has
            data, or declared as shared).
        public_operations: Operations that the system serves without a credential on purpose.
        allowed_flows: Sharing that is meant.
        accepted: Weaknesses that are known and accepted, of those that `Channel` names.
        unproven_identity: What says who calls where no credential proves it, in words; empty
            where one does.
        owned: Objects that existed before, with their owners.
        supplied: User to the values that they had stored before it began, whosever these are: what
            is kept of earlier examples shows them again.
        said: User to the markers that they had sent before it began, in any call.
        new_users: Whether its users were made up for it, so that they had stored nothing before.
        worlds: Where calls of several worlds stand together: each world's subjects.
        salt: What the markers of a script were changed by for this replay of it; 0 for none.
        policy: Who may see what beside that; None where nothing is declared.
    """

    subjects: Mapping[str, str]
    calls: list[Call] = field(default_factory=list)
    public_values: frozenset[str] = frozenset()
    public_operations: frozenset[str] = frozenset()
    allowed_flows: tuple[Flow, ...] = ()
    accepted: frozenset[Channel] = frozenset()
    unproven_identity: str = ""
    owned: tuple[OwnedObject, ...] = ()
    supplied: Mapping[str, frozenset[str]] = field(default_factory=dict)
    said: Mapping[str, frozenset[str]] = field(default_factory=dict)
    new_users: bool = False
    worlds: dict[str, Mapping[str, str]] = field(default_factory=dict)
    salt: int = 0
    policy: Policy | None = None
    _derived: dict[str, tuple[int, Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _followed: dict[str, tuple[Callable[[Call], Any], list[Any]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _walked: dict[str, tuple[Walk, int]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def derived(self, name: str, derive: Callable[[History], T]) -> T:
        """Return what follows from the calls so far; found once, and again when there are more.

        Args:
            name: Of what is derived; one name, one way to derive it.
            derive: Finds it.
        """
        length, found = self._derived.get(name, (-1, None))
        if length != len(self.calls):
            found = derive(self)
            self._derived[name] = (len(self.calls), found)
        return cast(T, found)

    def followed(self, name: str, begin: Callable[[History], Callable[[Call], T]]) -> Sequence[T]:
        """Return what each call adds to those before it; each call is taken once, in order.

        A history that grows is judged again and again, and only what is new has to be walked.

        Args:
            name: Of the walk; one name, one way to walk.
            begin: Returns what takes the calls, before the first of them.
        """
        if name not in self._followed:
            self._followed[name] = begin(self), []
        take, found = self._followed[name]
        for call in self.calls[len(found) :]:
            found.append(take(call))
        return cast(list[T], found)

    def symbols(self) -> dict[str, str]:
        """Return what stands for users and for objects that existed before, with their ids."""
        return {**{each.name: each.id for each in self.owned}, **self.subjects}

    def walked(self, name: str, begin: Callable[[History], W]) -> W:
        """Return a walk that has taken all calls so far, each of them once, in order.

        Args:
            name: Of the walk; one name, one way to walk.
            begin: Returns the walk before the first call.
        """
        if name not in self._walked:
            self._walked[name] = begin(self), 0
        walk, taken = self._walked[name]
        for call in self.calls[taken:]:
            walk.take(call)
        self._walked[name] = walk, len(self.calls)
        return cast(W, walk)

    def until(self, index: int) -> History:
        """This history up to and with the call of that index."""
        return replace(self, calls=self.calls[:index])

    @property
    def shares_anything(self) -> bool:
        """Return whether any sharing may be meant at all; without it `permits` is always false."""
        return bool(self.allowed_flows) or self.policy is not None

    def permits(
        self,
        source: str,
        target: str | None,
        operation: str,
        objects: Collection[str] | None = None,
        moment: Call | None = None,
        *,
        change: bool = False,
    ) -> bool:
        """Return whether it is meant that `source`'s data reaches `target` by this operation.

        Args:
            source: Whose it is.
            target: Whom it reaches; None for a caller without a credential.
            operation: By which operation.
            objects: Ids or values in question; None asks for anything at all.
            moment: The call at which it does; None for the time after the last one.
            change: Whether it would be changed, and not only seen.
        """
        if any(each.permits(source, target, operation) for each in self.allowed_flows):
            return True
        return self.decide(source, target, operation, objects, moment, change=change).permitted

    def decide(
        self,
        source: str,
        target: str | None,
        operation: str,
        objects: Collection[str] | None = None,
        moment: Call | None = None,
        *,
        change: bool = False,
    ) -> Decision:
        """Return what the policy says of it, and in which rule; without a policy it is refused."""
        if self.policy is None:
            return Decision(False, "")
        asked = (source, target, operation, objects, moment)
        return decide(self.policy, self, *asked, change=change)

    def __iter__(self) -> Iterator[Call]:
        return iter(self.calls)

    def __len__(self) -> int:
        return len(self.calls)

    def record(self, call: Call) -> None:
        """Append a call."""
        self.calls.append(call)

    def to_json(self) -> dict[str, Any]:
        """Plain data, for a file; `from_json` reads it back."""
        return {
            "subjects": dict(self.subjects),
            "public_values": sorted(self.public_values),
            "public_operations": sorted(self.public_operations),
            "allowed_flows": [
                {**asdict(each), "operations": sorted(each.operations)}
                for each in self.allowed_flows
            ],
            "accepted": sorted(self.accepted),
            "unproven_identity": self.unproven_identity,
            "owned": [{**asdict(each), "details": sorted(each.details)} for each in self.owned],
            "new_users": self.new_users,
            "worlds": {name: dict(subjects) for name, subjects in self.worlds.items()},
            **({"policy": self.policy.to_json()} if self.policy is not None else {}),
            "calls": [call.to_json() for call in self.calls],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> History:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: The data is not a saved history.
        """
        history = cls(
            subjects=data["subjects"],
            public_values=frozenset(data["public_values"]),
            public_operations=frozenset(data["public_operations"]),
            allowed_flows=tuple(
                Flow(each["source"], each["target"], frozenset(each["operations"]))
                for each in data.get("allowed_flows", ())
            ),
            accepted=frozenset(map(Channel, data.get("accepted", ()))),
            unproven_identity=data.get("unproven_identity", ""),
            owned=tuple(
                OwnedObject(**{**each, "details": frozenset(map(tuple, each["details"]))})
                for each in data.get("owned", ())
            ),
            new_users=data.get("new_users", False),
            worlds=dict(data.get("worlds", {})),
            policy=Policy.from_json(data["policy"]) if data.get("policy") else None,
        )
        for row in data["calls"]:
            answer = {**row["answer"], "outcome": Outcome(row["answer"]["outcome"])}
            answer["unsolicited"] = tuple(answer.get("unsolicited", ()))
            probe = Probe.from_json(row["probe"])
            sending = Sending.from_json(row.get("sending"))
            history.record(
                Call(
                    **{
                        **row,
                        "sending": sending,
                        "actor": Actor(**row["actor"]),
                        "answer": Answer(**answer),
                        "probe": probe,
                    }
                )
            )
        return history
