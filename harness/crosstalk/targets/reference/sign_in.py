"""People of a sign-in service: accounts made over its HTTP API, and the tokens it gives them.

Speaks Better Auth's endpoints under `/api/auth`, as the page does. Sessions are kept apart by their
cookies, one client an account.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx2

from crosstalk.surface.errors import SurfaceError

_SECONDS = 30.0


@dataclass(slots=True)
class Account:
    """A user who has signed up and is signed in.

    Attributes:
        subject: `sub` of the tokens.
        email: Address of the account.
        password: What it was made with.
    """

    subject: str
    email: str
    password: str = field(repr=False)
    _http: httpx2.Client = field(repr=False)

    def token(self) -> str:
        """Return a token for the backend, fresh from the service.

        Raises:
            SurfaceError: The service gives none.
        """
        token = _asked(self._http, "GET", "/api/auth/token").get("token")
        if not isinstance(token, str):
            raise SurfaceError("the sign-in service answered without a token")
        return token

    def close(self) -> None:
        """Close the connection; the session stays."""
        self._http.close()


class SignIn:
    """A sign-in service.

    Args:
        url: Its origin.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._accounts: list[Account] = []

    def __enter__(self) -> SignIn:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def sign_up(self, name: str) -> Account:
        """Make an account; `name` is also the local part of its address.

        Raises:
            SurfaceError: The service cannot be reached or refuses.
        """
        http = httpx2.Client(base_url=self._url, headers={"Origin": self._url}, timeout=_SECONDS)
        email, password = f"{name}@example.com", secrets.token_urlsafe(12)
        body = {"name": name, "email": email, "password": password}
        try:
            user = _asked(http, "POST", "/api/auth/sign-up/email", body).get("user")
            subject = user.get("id") if isinstance(user, dict) else None
            if not isinstance(subject, str):
                raise SurfaceError("the sign-in service made an account without an id")
        except SurfaceError:
            http.close()
            raise
        account = Account(subject, email, password, http)
        self._accounts.append(account)
        return account

    def close(self) -> None:
        """Close the connections of all accounts."""
        for account in self._accounts:
            account.close()


def _asked(
    http: httpx2.Client, method: str, path: str, body: dict[str, str] | None = None
) -> dict[str, Any]:
    try:
        answer = http.request(method, path, json=body)
        found = answer.json() if answer.is_success else None
    except (httpx2.HTTPError, ValueError) as error:
        raise SurfaceError(f"the sign-in service does not answer {path}: {error}") from error
    if not isinstance(found, dict):
        raise SurfaceError(f"the sign-in service refused {path} with {answer.status_code}")
    return found
