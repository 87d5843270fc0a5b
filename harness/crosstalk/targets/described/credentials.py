"""What each actor presents to a described system, in the places where it wants it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crosstalk.core.errors import HarnessError
from crosstalk.core.history import Actor
from crosstalk.surface.credentials import Presented
from crosstalk.targets.described.config import TargetConfig, needs_tokens
from crosstalk.targets.described.identity import UserConfig
from crosstalk.targets.described.minting import mint, spoiled

_COMMAND_SECONDS = 30.0
# Somebody without a credential, where callers are told apart by more than arguments.
_NOBODY = "nobody"


class CredentialError(HarnessError):
    """A user's credential cannot be had; the message says which setting gives it."""


@dataclass(slots=True)
class DescribedCredentials:
    """Credentials as a file describes them, one a subject, reused.

    Attributes:
        config: The description.
        folder: Where the file is; commands run there.
        users: Subject to what is said about the user, for users who exist already.
        log_in: Calls the login tool: subject, password and connection in, token out (empty where
            the session itself is logged in).
    """

    config: TargetConfig
    folder: Path
    users: Mapping[str, UserConfig] = field(default_factory=dict)
    log_in: Callable[[str, str, Presented], str] | None = None
    _tokens: dict[str, str] = field(default_factory=dict)
    _logged_in: dict[str, str] = field(default_factory=dict)

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return what this actor presents."""
        if actor.user is not None:
            return self._of_user(subject)
        if actor.forgery is None:
            return Presented(connection=self._connection(_NOBODY))
        token = spoiled(actor.forgery, self.token(subject), self.config.identity.mint, subject)
        name = f"{_NOBODY} {actor.forgery}"
        return self._placed(subject, token, self._connection(name))

    def discovery(self, subject: str) -> Presented:
        """Return what is presented when the tools are listed."""
        return self._placed(
            subject,
            self.token(subject) if needs_tokens(self.config) else "",
            self._connection(subject),
        )

    def forget(self) -> None:
        """Log everybody in anew: the system was reset."""
        self._logged_in.clear()

    def _of_user(self, subject: str) -> Presented:
        token = self.token(subject) if needs_tokens(self.config) else ""
        presented = self._placed(subject, token, self._connection(subject))
        if self.log_in is None:
            return presented
        if subject not in self._logged_in:
            self._logged_in[subject] = self.log_in(subject, self._password(subject), presented)
        return self._with_login(presented, self._logged_in[subject])

    def _with_login(self, presented: Presented, token: str) -> Presented:
        login = self.config.identity.login
        if login is None or login.carried == "session":
            return presented
        if login.carried == "bearer":
            return presented.with_headers({"Authorization": f"Bearer {token}"})
        return replace(presented, arguments={**presented.arguments, login.argument: token})

    def _placed(self, subject: str, token: str, connection: str) -> Presented:
        """User and token in the places that the description names."""
        identity = self.config.identity
        by = identity.by

        def fill(text: str) -> str:
            return text.replace("{user}", subject).replace("{token}", token)

        headers = {}
        if "bearer" in by:
            headers["Authorization"] = f"Bearer {token}"
        if "header" in by:
            headers[identity.header] = fill(identity.value)
        return Presented(
            headers=headers,
            arguments={identity.token_argument: token} if "token-argument" in by else {},
            address={"user": subject, "token": token} if "url" in by else {},
            environment=(
                {name: fill(text) for name, text in identity.environment.items()}
                if "environment" in by
                else {}
            ),
            connection=connection,
        )

    def _connection(self, name: str) -> str:
        """Whoever is told apart by arguments alone shares one connection, as behind a gateway."""
        apart = set(self.config.identity.by) - {"argument", "token-argument"}
        login = self.config.identity.login
        if apart == {"login"} and login is not None and login.carried == "token-argument":
            apart = set()
        return name if apart else ""

    def token(self, subject: str) -> str:
        """The token of a subject.

        Raises:
            CredentialError: Nothing gives it one.
        """
        if subject not in self._tokens:
            self._tokens[subject] = self._new_token(subject)
        return self._tokens[subject]

    def _new_token(self, subject: str) -> str:
        identity = self.config.identity
        user = self.users.get(subject, UserConfig())
        if user.token:
            return user.token
        command = user.token_command or identity.token_command
        if command:
            return _printed(
                [each.replace("{user}", subject) for each in command], self.folder, subject
            )
        if identity.mint is not None:
            return mint(identity.mint, subject)
        if identity.token:
            return identity.token.replace("{user}", subject)
        raise CredentialError(f"{subject} has no token: set users.{subject}.token")

    def _password(self, subject: str) -> str:
        return self.users.get(subject, UserConfig()).password or f"Pw-{subject}-1"


def filled(value: Any, replacements: Mapping[str, str]) -> Any:
    """A JSON value with `{name}` replaced in every text."""
    if isinstance(value, str):
        for name, text in replacements.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, Mapping):
        return {key: filled(each, replacements) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, replacements) for each in value]
    return value


def _printed(command: list[str], folder: Path, subject: str) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CredentialError(
            f"the token command for {subject} failed ({type(error).__name__}): {command[0]}"
        ) from error
    token = done.stdout.strip()
    if done.returncode != 0 or not token:
        said = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise CredentialError(f"the token command for {subject} failed: {said[:200]}")
    return token
