"""Names of users that are nearly the same: one begins or ends as another does, or differs in case.

What compares subjects by a pattern, a prefix, a slug or without regard to case keeps users apart
whose names have nothing in common, and mixes up these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from crosstalk.core.history import History, Outcome

# Gives as many names as are asked for, each a neighbour of the first.
_Alike: TypeAlias = Callable[[str, int], list[str]]

_SEPARATOR = re.compile(r"[^A-Za-z0-9]")
# Longer than a column or key of 63 characters, shorter than the 255 that OpenID Connect admits.
_LONG = 70
# Begins the user ids of a second issuer; a `sub` is unique within its issuer alone (RFC 7519
# section 4.1.2).
SECOND_ISSUER = "second:"


def _separated_by(separators: str) -> _Alike:
    def names(base: str, count: int) -> list[str]:
        found = _SEPARATOR.search(base)
        if found is None:
            return [base]
        head, tail = base[: found.start()], base[found.end() :]
        return [f"{head}{each}{tail}" for each in separators[:count]]

    return names


def _beginning_alike(base: str, count: int) -> list[str]:
    return [base, f"{base}0", f"0{base}"][:count]


def _in_case(base: str, count: int) -> list[str]:
    """Return one that differs from the first in case alone, and one with another separator.

    The first two meet most often: who claims to be another claims to be the first.
    """
    found = _separated_by("_-")(base, 2)
    return [found[0], found[0].upper(), *found[1:]][:count]


def _long(base: str, count: int) -> list[str]:
    return _beginning_alike(base.ljust(_LONG, "x"), count)


def _of_two_issuers(base: str, count: int) -> list[str]:
    """Return one of the first issuer, and others of the second, one with the same `sub`."""
    return [base, f"{SECOND_ISSUER}{base}", f"{SECOND_ISSUER}{base}0"][:count]


# What the users of an example have in common, by the name of the form; `_` comes first, as it
# stands for any character in a pattern of SQL.
_FORMS: Mapping[str, _Alike] = {
    "separators": _separated_by("_-."),
    "beginnings": _beginning_alike,
    "separators and case": _in_case,
    "length": _long,
    "signs": _separated_by("%@ "),
    "issuers": _of_two_issuers,
}
# Names that have nothing in common.
UNLIKE = ""
# Forms that most systems admit which take names of their users as they come.
PLAIN_FORMS = (UNLIKE, "separators", "beginnings")
# Forms that are told apart where a subject is compared exactly (RFC 7519, section 4.1.2).
EXACT_FORMS = (UNLIKE, "separators and case", "length")
# Forms for a system that takes any printable subject.
ALL_FORMS = ("separators and case", "length", "signs")
# Forms for one that also trusts two issuers of people.
FORMS_OF_TWO_ISSUERS = ("issuers", *ALL_FORMS)


def alike(form: str, subjects: Mapping[str, str]) -> dict[str, str]:
    """Return neighbours of the first of these subjects for all users.

    Args:
        form: One of the forms above; any other leaves the subjects as they are.
        subjects: User name to subject, at most three of them; of an e-mail address the part
            before `@` changes.
    """
    if form not in _FORMS or not subjects:
        return dict(subjects)
    base, at, domain = next(iter(subjects.values())).partition("@")
    found = [f"{each}{at}{domain}" for each in _FORMS[form](base, len(subjects))]
    if len(set(found)) < len(subjects):
        return dict(subjects)
    return dict(zip(subjects, found, strict=True))


def are_alike(subjects: Mapping[str, str]) -> bool:
    """Return whether these subjects are nearly the same, in any of the forms above.

    Args:
        subjects: User name to subject.
    """
    return any(dict(subjects) == alike(form, subjects) for form in _FORMS)


def all_served(
    history: History, shown_to_all: Collection[str] = (), telling: Collection[str] | None = None
) -> bool:
    """Return whether every user was served once who was refused what served another.

    A system may not admit names of some form, and then refuses whatever such a user does. An error
    that every user has, as at an administrator's operation, says nothing of their names.

    Args:
        history: What they did.
        shown_to_all: Operations that answer every user: what a server says of itself. They count
            for a user who was never refused.
        telling: Operations that serve every user of a name that is admitted; None for any.
    """
    own = [
        call
        for call in history
        if call.actor.user in history.subjects and call.actor.user == call.actor.claims
    ]
    refused = {call.actor.user for call in own if call.answer.outcome is Outcome.REFUSED}
    told = [call for call in own if call.operation not in shown_to_all]
    served = {
        call.actor.user
        for call in own
        if call.answer.outcome is Outcome.OK
        and (call.operation not in shown_to_all or call.actor.user not in refused)
    }
    serving = {call.operation for call in told if call.answer.outcome is Outcome.OK}
    return not any(
        call.operation in serving or not served or call.answer.outcome is Outcome.REFUSED
        for call in told
        if call.actor.user not in served and (telling is None or call.operation in telling)
    )
