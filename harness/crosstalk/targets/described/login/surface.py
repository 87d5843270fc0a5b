"""A login as an operation, so that it can be seen whether users can still log in.

Its answer says only whether it worked: no token gets into a history.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.wire_requests import HeldBackError
from crosstalk.targets.described.credentials import SurfaceCredentials
from crosstalk.targets.described.guesses import makes_accounts
from crosstalk.targets.described.login.base import SURFACE, CredentialError
from crosstalk.targets.described.login.config import LoginConfig

_WHO = "user"


class LoginSurface:
    """Logs users in anew, beside the sessions that they have.

    Args:
        credentials: Of the surface whose login it is.
    """

    def __init__(self, credentials: SurfaceCredentials) -> None:
        self._credentials = credentials

    def discover(self) -> list[Operation]:
        """Return the login as an operation."""
        login = self._credentials.identity.login
        if login is None or not _can_be_repeated(login):
            return []
        named = login.request or login.tool or f"{login.grant} grant"
        return [
            Operation(
                surface=SURFACE,
                name=f"{SURFACE}:{named}",
                parameters=(Parameter(_WHO, {"type": "string"}, True, Role.IDENTITY),),
                reads_only=True,
                public=True,
                effect_only=True,
            )
        ]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Log the named user in; the answer says whether it worked."""
        try:
            self._credentials.log_in_anew(str(arguments.get(_WHO, "")))
        except CredentialError as error:
            return Answer(Outcome.REFUSED, 401, None, message=str(error))
        except HeldBackError as error:
            return Answer(Outcome.UNREACHABLE, None, None, message=str(error))
        return Answer(Outcome.OK, 200, {"logged_in": "yes"})

    def close(self) -> None:
        """Close nothing: the connections are the login's."""


def _can_be_repeated(login: LoginConfig) -> bool:
    """Return whether a user can log in again: a sign-up that gives out a key works once."""
    repeated = login.grant != "client_credentials" and login.carrier != "basic"
    return repeated and not makes_accounts(login.request)
