"""Sign-up and login as credentials use them, whatever performs them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from crosstalk.core.errors import HarnessError
from crosstalk.surface.credentials import Presented
from crosstalk.targets.described.login.config import LoginConfig
from crosstalk.targets.described.login.values import AnswerValue, ReadableAnswer, claims_of

# Of logins that are tried as operations, beside the surfaces that the file describes.
SURFACE = "login"
# What answers call the seconds that a token lives (RFC 6749, section 5.1).
_LIFETIMES = ("expires_in", "expiresIn")
# A token is renewed this long before it ends, at most a tenth of its life before.
_MARGIN_SECONDS = 30.0


class CredentialError(HarnessError):
    """A user's credential cannot be had; the message says which setting gives it."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user as a login knows them.

    Attributes:
        subject: The id by which the system knows them; the login name until it is learnt.
        name: The login name, `{user}` in the login's calls.
        password: `{password}` in the login's calls.
        client_id: Of an OAuth client, where each user is one.
        client_secret: Likewise.
        attributes: What stands for `{tenant}` and `{role}`.
    """

    subject: str
    name: str
    password: str = field(repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict)

    def places(self) -> dict[str, str]:
        """Return the placeholders of the login's calls."""
        return {
            "tenant": "",
            "role": "",
            **self.attributes,
            "user": self.name,
            "subject": self.subject,
            "password": self.password,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }


@dataclass(slots=True)
class LoginSession:
    """The result of a login.

    Attributes:
        token: The token, empty where cookies or the connection's session are all there is.
        refresh: The refresh token, if one was given.
        cookies: Cookies by name.
        csrf: The token that requests must repeat, if any.
        subject: The id that the system gave; empty where it gave none.
        ends: When to renew, in seconds of the monotonic clock; None for never.
    """

    token: str = field(default="", repr=False)
    refresh: str = field(default="", repr=False)
    cookies: dict[str, str] = field(default_factory=dict, repr=False)
    csrf: str = field(default="", repr=False)
    subject: str = ""
    ends: float | None = None

    def over(self) -> bool:
        """Return whether it is time to renew it."""
        return self.ends is not None and time.monotonic() >= self.ends


class Login(Protocol):
    """Signs users up and logs them in."""

    def sign_up(self, person: Person, presented: Presented) -> str:
        """Create the account, where the file says how; return the id that the system gave, or "".

        An account that exists already is no error: the login shows whether it can be used.

        Raises:
            CredentialError: The answer lacks the id that the file says it has.
        """
        ...

    def log_in(self, person: Person, presented: Presented) -> LoginSession:
        """Log a user in.

        Args:
            person: The user.
            presented: The connection, and what is presented beside the login.

        Raises:
            CredentialError: The login is refused, or its answer lacks the token.
        """
        ...

    def renew(self, person: Person, session: LoginSession) -> LoginSession | None:
        """Renew a session by its refresh token; None where that is not possible."""
        ...


def token_in(login: LoginConfig, answer: ReadableAnswer, what: str) -> str:
    """Read the token out of a login's answer.

    Raises:
        CredentialError: It is not there.
    """
    if not login.token_place:
        return ""
    token = AnswerValue.parse(login.token_place).read(answer)
    if not token:
        raise CredentialError(
            f"{what} gave no field {login.token_place!r}: set identity.login.token to the one "
            f"that holds the token; it answered {str(answer.body)[:120]}"
        )
    return token


def end_of(login: LoginConfig, answer: ReadableAnswer, token: str) -> float | None:
    """Return when to renew a token, in seconds of the monotonic clock; None for never."""
    if login.renew_after:
        return time.monotonic() + login.renew_after
    named = (AnswerValue("field", each).read(answer) for each in _LIFETIMES)
    said = next(filter(None, named), None)
    seconds = float(said) if said and said.isdigit() else None
    expiry = claims_of(token).get("exp")
    if seconds is None and isinstance(expiry, int | float):
        seconds = expiry - time.time()
    if seconds is None:
        return None
    return time.monotonic() + max(0.0, seconds - min(_MARGIN_SECONDS, seconds / 10))
