"""Logging in by a tool, as a description says: an account made first, a token out of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crosstalk.core.errors import HarnessError
from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.credentials import CredentialError, filled
from crosstalk.targets.described.identity import CallConfig


def login_by(config: TargetConfig, tools: ToolSurface) -> Callable[[str, str, Presented], str]:
    """A function of subject, password and what the connection presents, which gives the token.

    Raises:
        HarnessError: The file describes no login.
    """
    login = config.identity.login
    if login is None:
        raise HarnessError("describe the login tool under [identity.login]")

    def call(what: CallConfig, subject: str, password: str, presented: Presented) -> Answer:
        places = {"user": subject, "password": password}
        return tools.call_tool(what.tool, filled(dict(what.arguments), places), presented)

    def log_in(subject: str, password: str, presented: Presented) -> str:
        if login.register_first is not None:
            call(login.register_first, subject, password, presented)
        answer = call(login, subject, password, presented)
        if answer.outcome is not Outcome.OK:
            raise CredentialError(
                f"{login.tool} refused {subject}: {answer.message or answer.code or 'no answer'}"
            )
        if login.carried == "session":
            return ""
        token = _field(answer.body, login.token)
        if token is None:
            raise CredentialError(
                f"{login.tool} gave no field {login.token!r}: set identity.login.token to the one "
                f"that holds the token; it answered {str(answer.body)[:120]}"
            )
        return token

    return log_in


def _field(body: Any, name: str) -> str | None:
    """The text at that name, however deep; a whole answer that is text for the name `text`."""
    if isinstance(body, str):
        return body if name == "text" else None
    if isinstance(body, Mapping):
        if isinstance(body.get(name), str | int):
            return str(body[name])
        body = list(body.values())
    if isinstance(body, list):
        return next((found for each in body if (found := _field_in(each, name))), None)
    return None


def _field_in(body: Any, name: str) -> str | None:
    return _field(body, name) if isinstance(body, Mapping | list) else None
