"""Writes a `crosstalk.toml` from a survey, with every guess marked as one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from crosstalk.core.identifiers import last_name
from crosstalk.surface.nesting import shape_of
from crosstalk.surface.operation import Operation
from crosstalk.targets.described.config import McpConfig
from crosstalk.targets.described.guesses import unproven_comment, unproven_sentence
from crosstalk.targets.described.init.beside_tools import tables_beside_tools
from crosstalk.targets.described.init.database import database_comment
from crosstalk.targets.described.init.policy import Offered, policy_guesses
from crosstalk.targets.described.init.presented import carrier_of, users_with_tokens
from crosstalk.targets.described.init.survey import Survey
from crosstalk.targets.described.init.toml import key, toml
from crosstalk.targets.described.login.discovery import AuthorizationServer

_PASSWORD = re.compile(r"passw|secret|pin|passphrase", re.IGNORECASE)


def written(
    mcp: McpConfig,
    found: Survey,
    *,
    header: str | None,
    value: str = "",
    rest: str | None = None,
    authorization: AuthorizationServer | None = None,
    tools: Sequence[Mapping[str, Any]] = (),
    token: str = "",
    beside: Sequence[Operation] = (),
) -> str:
    """Build the file's text.

    Args:
        mcp: The server's transport and address.
        found: The survey.
        header: Name of the header in which a credential was presented, if one was.
        value: What that header held; the word before the credential is kept.
        rest: URL of an OpenAPI document, if one was given.
        authorization: Where tokens come from, if metadata says it.
        tools: As the server describes them.
        token: That was presented, if one was; its claims may name a tenant and a role.
        beside: Resources, templates, prompts and completions that the server lists.
    """
    lines = [
        "# Written by `crosstalk init`. Lines marked `guess` are guesses: look through them,",
        "# correct them (docs/targets.md says how), then set confirmed = true.",
        "confirmed = false",
        *unproven_comment(unproven_by_guess(mcp, found, header)),
        "",
        "[mcp]",
        f"transport = {toml(mcp.transport)}",
    ]
    if mcp.command:
        lines.append(f"command = {toml(mcp.command)}")
    else:
        lines.append(f"url = {toml(mcp.url)}")
    if mcp.environment:
        lines.append(f"environment = {toml(mcp.environment)}")
    if rest:
        lines += ["", "[rest]", f"openapi = {toml(rest)}"]
    lines += ["", *([f"# {authorization.advice()}."] if authorization else [])]
    lines += _identity(mcp, found, header, value)
    for name, guess in found.tools.items():
        lines += ["", f"[tools.{key(name)}]", f"kind = {toml(guess.kind)}  # guess: {guess.why}"]
        if guess.roles:
            lines.append(f"arguments = {toml(guess.roles)}  # guess")
        if guess.public:
            lines.append("public = true  # guess: it is about the server, not about users")
    roles = {
        last_name(name): role
        for guess in found.tools.values()
        for name, role in guess.roles.items()
    }
    lines += tables_beside_tools(beside, roles)
    lines += policy_guesses(
        (
            Offered(
                str(each["name"]),
                [e.name for e in shape_of(each.get("inputSchema") or {}).leaves],
                about=str(each.get("description") or ""),
                reads=(told := found.tools.get(str(each["name"]))) is not None
                and told.kind in ("list", "read", "search"),
            )
            for each in tools
        ),
        token,
    )
    lines += database_comment()
    return "\n".join(lines) + "\n"


def unproven_by_guess(mcp: McpConfig, found: Survey, header: str | None) -> str:
    """Return what names the caller, in a sentence, where no credential seems to prove it; or ""."""
    proven = header is not None or found.login is not None or found.token_arguments
    if proven or "{token}" in mcp.url:
        return ""
    ways = ["the address"] if "{user}" in mcp.url else []
    ways += [f"the argument {', '.join(found.identity)}"] if found.identity else []
    if not ways and mcp.transport == "stdio":
        # Perhaps a process of its own serves each user.
        return ""
    return unproven_sentence(ways)


def _identity(mcp: McpConfig, found: Survey, header: str | None, value: str) -> list[str]:
    by, settings = carrier_of(header, value)
    tables = users_with_tokens() if by else []
    if "{user}" in mcp.url or "{token}" in mcp.url:
        by.append("url")
    if found.identity:
        by.append("argument")
        settings.append(f"arguments = {toml(found.identity)}  # guess: by name")
    if found.login is not None:
        by.append("login")
        tables += _login(found)
    elif found.token_arguments:
        by.append("token-argument")
        settings.append(f"token_argument = {toml(found.token_arguments[0])}  # guess: by name")
        tables = tables or users_with_tokens()
    why = "guess: from arguments and what was presented"
    if not by:
        by = ["none"]
        why = (
            "guess: nothing says who calls. Perhaps a process a user "
            '(by = ["environment"] with environment = {VARIABLE = "{user}"}), or a session '
            '(by = ["session"])'
        )
    return ["[identity]", f"by = {toml(by)}  # {why}", *settings, *tables]


def _login(found: Survey) -> list[str]:
    login = found.login or {}
    lines = [
        "",
        "[identity.login]",
        f"tool = {toml(str(login['name']))}  # guess: by name",
        f"arguments = {toml(_account(login))}  # guess",
    ]
    if found.token_arguments:
        lines += [
            'token = "token"  # guess: the field of the answer that holds the token',
            'carried = "token-argument"  # guess',
            f"argument = {toml(found.token_arguments[0])}  # guess",
        ]
    else:
        lines.append('carried = "session"  # guess: no tool takes a token')
    if found.register is not None:
        lines += [
            "",
            "[identity.login.register_first]",
            f"tool = {toml(str(found.register['name']))}  # guess: by name",
            f"arguments = {toml(_account(found.register))}  # guess",
        ]
    return lines


def _account(tool: Mapping[str, Any]) -> dict[str, str]:
    return {
        leaf.name: "{password}" if _PASSWORD.search(last_name(leaf.name)) else "{user}"
        for leaf in shape_of(tool.get("inputSchema") or {}).leaves
        if leaf.required and leaf.schema.get("type") == "string"
    }
