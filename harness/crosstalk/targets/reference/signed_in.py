"""A campaign whose people are real accounts: each signs up and brings the service's own tokens.

The tool server takes no such token, so what an actor presents there is minted as ever, for the same
subject; and so is what a forger spoils, because only the test issuer's keys are known.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from crosstalk.core.history import Actor
from crosstalk.core.principals import BYSTANDER, USERS
from crosstalk.surface.credentials import Credentials, Presented
from crosstalk.targets.reference.sign_in import Account, SignIn

_SIGNED_IN = ("rest", "chat", "chatkit")
# Well inside the five minutes that a token of the reference system lives.
_RENEW_SECONDS = 120.0


@dataclass(slots=True)
class SignedInCredentials:
    """Bearer tokens of a sign-in service.

    Attributes:
        service: Where people sign up.
        others: Gives what the service does not.
        given: How many tokens the service gave.
    """

    service: SignIn
    others: Credentials
    given: int = 0
    _accounts: dict[str, Account] = field(default_factory=dict)
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)

    def enroll(self, nonce: str) -> dict[str, str]:
        """Sign every user up under names with this nonce; user name to the subject they got.

        Raises:
            SurfaceError: The service refuses.
        """
        subjects = {}
        for name in (*USERS, BYSTANDER.name):
            account = self.service.sign_up(f"{name}-{nonce}")
            self._accounts[account.subject] = account
            subjects[name] = account.subject
        return subjects

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return the bearer token of this actor on this surface, or nothing."""
        account = self._accounts.get(subject)
        if account is None or actor.user is None or surface not in _SIGNED_IN:
            return self.others.present(actor, subject, surface)
        token, since = self._tokens.get(subject, ("", 0.0))
        if not token or time.monotonic() - since > _RENEW_SECONDS:
            token = account.token()
            self.given += 1
            self._tokens[subject] = (token, time.monotonic())
        return Presented.bearer(token)

    def close(self) -> None:
        """Close the connections to the service."""
        self.service.close()
