"""Operations that were served, so that a clean verdict is never stronger than its evidence.

An operation that always fails, always answers with nothing or asks for input that it never gets
could not have leaked anything: it was not served, and the run cannot acquit it. An answer that is
equal for every user is public data, which is listed and acquitted.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crosstalk.core.history import Answer, Call, History, Outcome
from crosstalk.core.identifiers import identifiers_of, is_marker
from crosstalk.core.verdict import Inconclusive, InconclusiveKind
from crosstalk.oracles.attribution import Observation, observations
from crosstalk.oracles.base import conclusive, is_empty
from crosstalk.oracles.observation import without_times
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation

_LONGEST = 100
_SEVERAL = 2
# Statuses of success that show nothing (RFC 9110, section 15.3).
NOTHING_TO_SHOW = frozenset({202, 204, 205})
_LEADING_ON = frozenset({301, 302, 303, 307, 308})
_LOGIN = re.compile(r"log-?in|sign-?in|/auth|/sso", re.IGNORECASE)
_HEAD = ":HEAD "


@dataclass(slots=True)
class _Record:
    """What calls of one operation were answered.

    Attributes:
        served: Answers that showed callers their own data, or did what they asked for.
        repeats: Those of them that showed nothing of the caller's but what the call itself said.
        several: Such answers to calls that named several objects.
        shown: Answers with data that may be for every user.
        others: What came back instead, with how often.
        bodies: Arguments to what each user was shown for them.
    """

    served: int = 0
    repeats: int = 0
    several: int = 0
    shown: int = 0
    others: Counter[str] = field(default_factory=Counter)
    bodies: defaultdict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(dict))


class ServiceRecord:
    """Takes the histories of a campaign and says which operations were served.

    Args:
        operations: Everything that is offered, by name.
    """

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations
        self._records: defaultdict[str, _Record] = defaultdict(_Record)

    def take(self, history: History) -> None:
        """Count what the calls of a history were answered."""
        owners: dict[str, str] = {}
        for seen in observations(history):
            call = seen.call
            user = call.actor.user
            if user is not None:
                for value in (*seen.own, *filter(is_marker, call.sent)):
                    owners.setdefault(value, user)
            operation = self._operations.get(call.operation)
            if operation is not None and (user == call.actor.claims or operation.public):
                self._take(operation, seen, history, owners)

    def unserved(self) -> set[str]:
        """Return the operations that were not served so far."""
        return {each.where for each in self.inconclusive()}

    def public(self) -> list[str]:
        """Return the operations that showed several users the same, and no user their own."""
        return sorted(
            name
            for name, record in self._records.items()
            if not self._operations[name].descriptive
            and record.shown
            and not record.served
            and not _differ(record)
            and _shared(record)
        )

    def shows_everyone(self, call: Call, history: History) -> bool:
        """Return whether a call was answered nothing else than users with credentials are, by an
        operation that has shown users something, and no user anything of their own so far.

        Args:
            call: Of a client without a valid credential.
            history: Of the call; what its other calls were answered counts as well.
        """
        operation = self._operations.get(call.operation)
        if operation is None or operation.unannounced:
            return False
        # Many calls of one history are asked about.
        recent = history.derived("service", self._of)
        records = [each._records[call.operation] for each in (self, recent)]
        if any(each.served > each.repeats or _differ(each) for each in records):
            return False
        asked, body = _told(call.arguments, history), _shown(call.answer, history)
        # Where no user has made the same call, there is nothing yet that it could differ from.
        shown = [each.bodies[asked] for each in records if asked in each.bodies]
        if any(each.repeats for each in records):
            # A text for everybody may repeat what it is asked by, and so may an object its id:
            # what was answered alike to several users is not of one.
            users = {user for each in shown for named in each.values() for user in named}
            if len(users) < _SEVERAL:
                return False
        return any(each.shown for each in records) and all(set(each) == {body} for each in shown)

    def _of(self, history: History) -> ServiceRecord:
        """Return the record of one history alone."""
        recent = ServiceRecord(self._operations)
        recent.take(history)
        return recent

    def inconclusive(self) -> list[Inconclusive]:
        """Return what was not tried or not served, with what usually came back."""
        found = []
        for name, operation in sorted(self._operations.items()):
            # A login is called where a write may have changed what it takes, and only then.
            if operation.unannounced or operation.descriptive or operation.effect_only:
                continue
            record = self._records[name]
            many = any(each.many for each in required_references(operation))
            if record.served and (record.several or not many):
                continue
            if record.served:
                text = "never served with several ids"
            elif record.shown:
                continue
            elif record.others:
                (what, count), *_ = record.others.most_common(1)
                text = f"never served: {what}" + (f" ({count} times)" if count > 1 else "")
            else:
                found.append(Inconclusive(InconclusiveKind.NOT_TRIED, name, "no call was made"))
                continue
            found.append(Inconclusive(InconclusiveKind.NOT_SERVED, name, text))
        return found

    def _take(
        self, operation: Operation, seen: Observation, history: History, owners: Mapping[str, str]
    ) -> None:
        call, record = seen.call, self._records[operation.name]
        answer = call.answer
        if not conclusive(answer) or (call.sending is not None and call.sending.aborted_at):
            if answer.outcome is Outcome.LIMITED:
                record.others["429 too many requests"] += 1
            elif answer.outcome is Outcome.UNREACHABLE:
                record.others[f"no answer ({_error(answer)})"] += 1
            return
        wanted = _input_wanted(answer.body)
        # A link that leads on, and what is asked for by HEAD, is answered without a body.
        bodiless = _leads_on(answer) or (_HEAD in operation.name and answer.outcome is Outcome.OK)
        if wanted or not (bodiless or answer.outcome is Outcome.OK):
            record.others[wanted or _error(answer)] += 1
            return
        named = any(owners.get(value) == call.actor.user for value in call.sent)
        did = (
            not operation.reads_only
            and not operation.conversational
            and (named or answer.status in NOTHING_TO_SHOW or not is_empty(answer.body))
        )
        did = did or (bodiless and named)
        empty = is_empty(answer.body) and not bodiless
        if seen.own or did or (operation.conversational and not empty):
            record.served += 1
            said = seen.own and not did and not operation.conversational
            record.repeats += bool(said and call.sent.issuperset(seen.own))
            record.several += any(
                len(value) > 1 for value in call.arguments.values() if isinstance(value, list)
            )
        elif empty:
            record.others["an empty answer"] += 1
        else:
            record.shown += 1
            asked, body = _told(call.arguments, history), _shown(answer, history)
            record.bodies[asked].setdefault(body, set()).add(str(call.actor.user))


def _differ(record: _Record) -> bool:
    """Return whether equal calls were answered differently: the data is a user's own."""
    return any(len(each) > 1 for each in record.bodies.values())


def _shared(record: _Record) -> bool:
    """Return whether two users were answered the same to the same call."""
    return any(len(users) > 1 for each in record.bodies.values() for users in each.values())


def _shown(answer: Answer, history: History) -> str:
    """What an answer shows as text: its body, and where it leads."""
    return _told([answer.body, answer.headers.get("location", "")], history)


def _told(value: Any, history: History) -> str:
    """A value as text, without times and with every subject alike."""
    text = without_times(json.dumps(value, sort_keys=True, default=str))
    # Longest first: one subject may begin as another does.
    for subject in sorted(history.subjects.values(), key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(subject)}(?![A-Za-z0-9])", "<user>", text)
    return text


def _leads_on(answer: Answer) -> bool:
    """Return whether an answer leads elsewhere, and to no login (RFC 9110, section 15.4)."""
    location = answer.headers.get("location", "")
    return answer.status in _LEADING_ON and bool(location) and not _LOGIN.search(location)


def _input_wanted(body: Any) -> str:
    """What a result of the form `input_required` asks for; empty for any other."""
    if not isinstance(body, Mapping) or body.get("resultType") != "input_required":
        return ""
    requests = body.get("inputRequests")
    methods = sorted(
        {str(each.get("method")) for each in requests.values() if isinstance(each, Mapping)}
        if isinstance(requests, Mapping)
        else ()
    )
    return f"input is required ({', '.join(methods) or 'of an unknown kind'}), which is not given"


def _complaints(body: Any) -> str:
    """What a list of complaints says, each with the field it is about, in the forms of FastAPI
    (`detail`), RFC 9457 and JSON:API (`errors`); empty for any other answer.
    """
    listed = body.get("detail") or body.get("errors") if isinstance(body, Mapping) else None
    found: dict[str, None] = {}
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, Mapping):
            continue
        said = each.get("msg") or each.get("message") or each.get("detail") or each.get("title")
        place = each.get("loc") or each.get("path") or each.get("pointer") or each.get("field")
        where = ".".join(map(str, place)) if isinstance(place, list) else str(place or "")
        if said:
            found[f"{where}: {said}" if where else str(said)] = None
    return "; ".join(found)


def _error(answer: Answer) -> str:
    said = answer.message or _complaints(answer.body) or answer.code
    said = said or (answer.body if isinstance(answer.body, str) else "")
    text = " ".join(str(said).split())
    # Ids and markers differ from call to call; what is said about them does not.
    for value in sorted(identifiers_of(text), key=len, reverse=True):
        text = text.replace(value, "…")
    return f"{answer.status} {text[:_LONGEST]}".strip()
