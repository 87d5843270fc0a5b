"""Logins by an MCP tool: an account made first, a token out of the answer or the session's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.targets.described.login.base import (
    CredentialError,
    LoginSession,
    Person,
    end_of,
    token_in,
)
from crosstalk.targets.described.login.config import CallConfig, LoginConfig
from crosstalk.targets.described.login.values import AnswerValue, ReadableAnswer
from crosstalk.targets.described.placeholders import filled_fields

# Tool name, arguments and what is presented, to the answer.
CallTool = Callable[[str, Mapping[str, Any], Presented], Answer]


class ToolLogin:
    """Calls the tools of a login.

    Args:
        login: The description.
        call_tool: Calls a tool of the MCP server.
    """

    def __init__(self, login: LoginConfig, call_tool: CallTool) -> None:
        self._login = login
        self._call_tool = call_tool

    def sign_up(self, person: Person, presented: Presented) -> str:
        """Create the account, where the file says how; return the id that the system gave.

        Raises:
            CredentialError: The answer lacks the id that the file says it has.
        """
        register = self._login.register_first
        if register is None:
            return ""
        answer = self._call(register, person, presented)
        if not register.subject or answer.outcome is not Outcome.OK:
            return ""
        return subject_at(register.subject, _readable(answer), register.tool)

    def log_in(self, person: Person, presented: Presented) -> LoginSession:
        """Call the login tool.

        Raises:
            CredentialError: It refuses, or its answer lacks the token.
        """
        login = self._login
        answer = self._call(login, person, presented)
        if answer.outcome is not Outcome.OK:
            raise CredentialError(
                f"{login.tool} refused {person.name}: "
                f"{answer.message or answer.code or 'no answer'}"
            )
        if login.carrier == "session":
            return LoginSession()
        readable = _readable(answer)
        token = token_in(login, readable, login.tool)
        subject = subject_at(login.subject, _readable(answer, token), login.tool)
        return LoginSession(token, subject=subject, ends=end_of(login, readable, token))

    def renew(self, person: Person, session: LoginSession) -> LoginSession | None:
        """Return None: a tool's session is renewed by logging in again."""
        return None

    def _call(self, call: CallConfig, person: Person, presented: Presented) -> Answer:
        arguments = filled_fields(call.arguments, person.places())
        return self._call_tool(call.tool, arguments, presented)


def subject_at(place: str, answer: ReadableAnswer, what: str) -> str:
    """Read the user's id out of an answer; "" where the file names no place for it.

    Raises:
        CredentialError: It is not there.
    """
    if not place:
        return ""
    found = AnswerValue.parse(place).read(answer)
    if not found:
        raise CredentialError(
            f"{what} gave no id at {place!r}: correct `subject`; it answered "
            f"{str(answer.body)[:120]}"
        )
    return found


def _readable(answer: Answer, token: str = "") -> ReadableAnswer:
    return ReadableAnswer(answer.body, dict(answer.headers), token=token)
