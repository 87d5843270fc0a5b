"""Identity: a missing, forged, expired or misdirected credential must not be served.

Served means that the operation itself answered, with a result or with an error of its own. An
error inside a 200 is the operation's own where a user with a valid credential was told the same: a
tool, or a server that speaks JSON-RPC, may refuse a credential inside a 200 too. One that finds no
object is so only where the object exists: what does not may be looked up before any credential.

Where no credential proves who calls (CWE-306, CWE-639), any client can be any user: a call that
says to be a user and is shown that user's data is the finding, once for the server.
"""

from __future__ import annotations

import re
from collections import Counter

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Call, Channel, History, Outcome
from crosstalk.core.object_kinds import ends_session
from crosstalk.oracles.attribution import observations
from crosstalk.oracles.base import Suspicion, conclusive, denies, is_empty

# Lists of the protocol itself (MCP, resources and prompts), in which some callers find nothing.
_LISTINGS = ("mcp:resources/list", "mcp:prompts/list", "mcp:tools/list", "mcp:tasks/list")
_NUMBERS = re.compile(r"\d+")
# What SDKs say in place of an error's own text, and of what they route to no operation.
_UNEXPLAINED = re.compile(
    r"error (?:executing|calling) tool \S+|internal (?:server )?error"
    r"|(?:unknown|no such) (?:resource|tool|prompt|method)\b.*"
    r"|(?:resource|tool|prompt|method) not found\b.*",
    re.IGNORECASE | re.DOTALL,
)


def _claimed(call: Call, history: History) -> bool:
    """Return whether a client says to be a user with nothing to prove it."""
    return (
        call.probe is not None
        and call.probe.kind == "identity"
        and bool(history.unproven_identity)
        and Channel.UNAUTHENTICATED_IDENTITY not in history.accepted
    )


def _said(call: Call) -> tuple[str, str, str]:
    """Return an error's words without the call's own values and without numbers."""
    words = call.answer.message or ""
    for value in call.arguments.values():
        if isinstance(value, str) and value:
            words = words.replace(value, "_")
    surface = call.operation.partition(":")[0]
    return surface, call.answer.code or "", _NUMBERS.sub("_", words)


def _own_errors(history: History) -> dict[tuple[str, str, str], Call]:
    """Return the first of each error inside a 200 that a user with a valid credential was told."""
    found: dict[tuple[str, str, str], Call] = {}
    for call in history:
        if call.actor.user is not None and _is_error_inside(call):
            found.setdefault(_said(call), call)
    return found


def _is_error_inside(call: Call) -> bool:
    answer = call.answer
    if answer.outcome is not Outcome.ERROR or answer.status != 200:
        return False
    # A token in an argument is refused by the tool, whose SDK may keep the reason to itself; an
    # address that names nothing is refused before any credential is read, as a route's 404 is.
    return not _UNEXPLAINED.fullmatch((answer.message or "").strip())


def _lists_nothing(call: Call) -> bool:
    """Return whether a list of the protocol's own is empty: nothing is offered to this caller."""
    listing = call.operation.endswith(_LISTINGS)
    return listing and call.answer.outcome is Outcome.OK and is_empty(call.answer.body)


def _names_an_object(call: Call, history: History) -> bool:
    """Return whether a call names what earlier answers showed to a user, and nothing that may be
    gone by then; also one without arguments, which names nothing that may be missing.
    """
    named = _values(call)
    if not named:
        return True
    shown: dict[str, bool] = {}
    owners: dict[str, str] = {}
    for earlier in history.until(call.index - 1):
        user = earlier.actor.user
        if user is None:
            continue
        if earlier.answer.outcome is not Outcome.OK:
            # Others are told so of what is not theirs.
            lost = {each for each in _values(earlier) if owners.get(each) == user}
            shown |= dict.fromkeys(lost if denies(earlier.answer) else (), False)
            continue
        there = {text for _, text in earlier.paths if text in named}
        # What was named and is not shown may be gone: merged into another, or removed.
        shown |= dict.fromkeys(_values(earlier) & shown.keys() - there, False)
        shown |= dict.fromkeys(there, True)
        owners |= dict.fromkeys(there - owners.keys(), user)
    return bool(shown) and all(shown.values())


def _values(call: Call) -> set[str]:
    return {text for value in call.arguments.values() for text in map(str, _each(value)) if text}


def _each(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


class Identity:
    """Fires when a caller without a valid credential is served."""

    name = "identity"

    def judge(self, history: History) -> list[Suspicion]:
        """Return a suspicion for each call served without a valid credential, and one for all
        calls that were served on an unproven claim.
        """
        return [
            *self._unproven(history),
            *self._unauthenticated(history),
        ]

    def _unauthenticated(self, history: History) -> list[Suspicion]:
        told = _own_errors(history)
        found = []
        for call in self._attempts(history):
            like = told.get(_said(call)) if _is_error_inside(call) else None
            if call.answer.outcome is not Outcome.OK and like is None:
                continue
            if _lists_nothing(call):
                continue
            if like is not None and denies(call.answer) and not _names_an_object(call, history):
                continue
            forgery = call.actor.forgery
            given = f"a forged credential ({forgery})" if forgery else "none"
            found.append(
                Suspicion(
                    self.name,
                    call.operation,
                    (*((like.index,) if like else ()), call.index),
                    f"{call.actor.name} was served with {given}",
                    rule=BrokenRule.FORGERY if forgery else BrokenRule.CREDENTIAL,
                )
            )
        return found

    def opportunities(self, history: History) -> Counter[str]:
        """Count calls made without a valid credential, or on an unproven claim."""
        made = Counter(call.operation for call in self._attempts(history))
        return made + Counter(call.operation for call in history if _claimed(call, history))

    def _unproven(self, history: History) -> list[Suspicion]:
        """Calls of a client that said to be a user, and was shown what that user had stored."""
        first: dict[str, Call] = {}
        shown: list[tuple[Call, Call]] = []
        for seen in observations(history):
            call = seen.call
            if not _claimed(call, history):
                for value in (*seen.own, *call.sent):
                    first.setdefault(value, call)
                continue
            earlier = [
                first[value]
                for value in sorted(seen.own)
                if value in first and first[value].actor.user == call.actor.claims
            ]
            if call.answer.outcome is Outcome.OK and earlier:
                shown.append((min(earlier, key=lambda each: each.index), call))
        if not shown:
            return []
        stored, read = shown[0]
        operations = tuple(dict.fromkeys(call.operation for _, call in shown))
        return [
            Suspicion(
                self.name,
                read.operation,
                (stored.index, read.index),
                "any client that reaches this server can act as any user: "
                f"{history.unproven_identity} says who calls, and no credential proves it "
                f"({', '.join(operations)})",
                operations,
                BrokenRule.UNPROVEN,
            )
        ]

    @staticmethod
    def _attempts(history: History) -> list[Call]:
        return [
            call
            for call in history
            if call.actor.user is None
            and call.operation not in history.public_operations
            and conclusive(call.answer)
            # Whoever has no session may well be told that there is none any more.
            and not (ends_session(call.operation) and not call.answer.body)
        ]
