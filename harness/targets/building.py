"""Makes a campaign's target of a description."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.errors import HarnessError
from harness.history import Answer, Flow, Outcome
from harness.isolation.actors import EVERYBODY, Cast
from harness.isolation.target import Target
from harness.surface.operation import Operation, Role, Surface
from harness.surface.presented import Presented
from harness.surface.rest import RestSurface
from harness.surface.tools import ToolFacts, ToolSurface
from harness.surface.transports import (
    CurrentHttp,
    EventStream,
    OlderHttp,
    PlainHttp,
    Stdio,
    Transport,
)
from harness.targets.config import CallConfig, McpConfig, TargetConfig, UserConfig, needs_tokens
from harness.targets.credentials import (
    HIJACKER,
    CredentialError,
    DescribedCredentials,
    filled,
    proves,
)
from harness.targets.described import DescribedRest, Paced
from harness.targets.guessing import kind_of, names_among
from harness.targets.loading import TargetFileError
from harness.targets.minting import spoilable
from harness.targets.serving import run_command, served
from harness.values import tokens_of


@contextmanager
def opened_target(config: TargetConfig, file: Path) -> Iterator[Target]:
    """The described system as a target, started where the description says how.

    Args:
        config: What `load_target` gave.
        file: Where it came from; commands run in its folder.

    Raises:
        HarnessError: It is not confirmed, or the system cannot be started or reached.
    """
    if not config.confirmed:
        raise TargetFileError(
            f"{file} holds guesses: look through the lines marked `guess`, then set "
            "confirmed = true"
        )
    folder = file.resolve().parent
    with served(config, folder) as described:
        target = target_of(described, folder, {"target": str(file.resolve())})
        try:
            yield target
        finally:
            target.close()


def target_of(config: TargetConfig, folder: Path, about: Mapping[str, str]) -> Target:
    """A running described system as a target."""
    users = _users(config)
    credentials = DescribedCredentials(
        config, folder, {subject: user for subject, (_, user) in users.items()}
    )
    surfaces = _surfaces(config, folder, credentials, next(iter(users), "crosstalk-discovery"))

    def reset() -> None:
        if config.reset is not None:
            run_command(config.reset, folder, "reset")
        credentials.forget()

    return Target(
        surfaces=surfaces,
        credentials=credentials,
        reset=reset if config.reset is not None else None,
        forgeries=_forgeries(config, credentials, users),
        about=about,
        cast=_cast(config, users),
        subjects=_naming(config, users),
        allowed_flows=_flows(config),
        accepted=frozenset(config.accepted),
        not_applicable=_not_applicable(config, surfaces),
        persistent=bool(users) and config.reset is None,
        public_values=frozenset(tokens_of(config.public_values)),
    )


def transport_of(config: McpConfig, folder: Path) -> Transport:
    """The transport that a description names."""
    if config.transport == "stdio":
        return Stdio(
            config.command,
            timeout=config.timeout,
            environment=config.environment,
            folder=folder / config.folder,
            revision=config.revision,
        )
    if config.transport == "sse":
        return EventStream(config.url, timeout=config.timeout)
    if config.transport == "json-rpc":
        return PlainHttp(config.url, timeout=config.timeout)
    if config.transport == "streamable-http-older":
        return OlderHttp(config.url, timeout=config.timeout, revision=config.revision)
    return CurrentHttp(config.url, timeout=config.timeout)


def _surfaces(
    config: TargetConfig, folder: Path, credentials: DescribedCredentials, subject: str
) -> dict[str, Surface]:
    surfaces: dict[str, Surface] = {}
    limit = config.rate_limit
    paced = limit.calls_per_second > 0 or limit.patience > 0
    discovery = credentials.discovery(subject)
    identities = dict.fromkeys(config.identity.arguments, Role.IDENTITY)
    if config.mcp is not None:
        tools = ToolSurface(
            transport_of(config.mcp, folder),
            discovery,
            facts=_facts(config),
            roles=identities,
            carried=_carried(config),
            guess=lambda tool: kind_of(tool, config.identity.arguments),
            names=lambda found: names_among(
                found,
                {str(each.get("name")): kind_of(each, config.identity.arguments) for each in found},
            ),
        )
        if config.identity.login is not None and "login" in config.identity.by:
            credentials.log_in = _login(config, tools)
        surfaces["mcp"] = Paced(tools, limit, time.sleep) if paced else tools
    if config.rest is not None:
        split = urlsplit(config.rest.openapi)
        base = config.rest.base or f"{split.scheme}://{split.netloc}"
        inner = RestSurface(base, document=config.rest.openapi, timeout=config.rest.timeout)
        rest: Surface = DescribedRest(inner, config.rest, identities)
        rest = Paced(rest, limit, time.sleep) if paced else rest
        surfaces |= {"rest": rest, "chat": rest}
    return surfaces


def _facts(config: TargetConfig) -> dict[str, ToolFacts]:
    facts = {
        name: ToolFacts(
            None if tool.kind == "other" else tool.kind,
            tool.arguments,
            tool.public,
            tool.skip,
        )
        for name, tool in config.tools.items()
    }
    login = config.identity.login
    for call in (login, login.register_first if login else None):
        if call is not None:
            facts[call.tool] = ToolFacts(skip=True)
    return facts


def _carried(config: TargetConfig) -> list[str]:
    identity = config.identity
    carried = [identity.token_argument] if "token-argument" in identity.by else []
    if identity.login is not None and identity.login.carried == "token-argument":
        carried.append(identity.login.argument)
    return carried


def _login(config: TargetConfig, tools: ToolSurface) -> Callable[[str, str, Presented], str]:
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


def _users(config: TargetConfig) -> dict[str, tuple[str, UserConfig]]:
    """Subject to the member's name and what is said about them."""
    members = [actor.name for actor in EVERYBODY.members]
    return {
        user.subject or name: (member, user)
        for member, (name, user) in zip(members, config.users.items(), strict=False)
    }


def _cast(config: TargetConfig, users: Mapping[str, tuple[str, UserConfig]]) -> Cast:
    by = set(config.identity.by)
    told_apart = bool(by - {"argument", "none"})
    names_users = bool(config.identity.arguments)
    sessions = config.mcp is not None and config.mcp.transport in ("streamable-http-older", "sse")
    impostors = EVERYBODY.impostors if told_apart and names_users else ()
    if sessions and by & {"bearer", "header"} and needs_tokens(config):
        # A session must not go on under another user's token.
        impostors = (*impostors, HIJACKER)
    return Cast(
        members=EVERYBODY.members[: len(users)] if users else EVERYBODY.members,
        impostors=impostors,
        strangers=EVERYBODY.strangers if proves(config.identity, config) else (),
        bystander=None if users else EVERYBODY.bystander,
    )


def _naming(
    config: TargetConfig, users: Mapping[str, tuple[str, UserConfig]]
) -> Callable[[str], Mapping[str, str]]:
    if users:
        fixed = {member: subject for subject, (member, _) in users.items()}
        return lambda _nonce: fixed
    names = [*(actor.name for actor in EVERYBODY.members)]
    if EVERYBODY.bystander is not None:
        names.append(EVERYBODY.bystander.name)

    def made_up(nonce: str) -> dict[str, str]:
        return {
            name: config.user_names.replace("{user}", name)
            .replace("{nonce}", nonce)
            .replace("{uuid}", str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name}-{nonce}")))
            .replace("{number}", str(int(nonce, 16) * 8 + names.index(name)))
            for name in names
        }

    return made_up


def _forgeries(
    config: TargetConfig,
    credentials: DescribedCredentials,
    users: Mapping[str, tuple[str, UserConfig]],
) -> tuple[str, ...]:
    if not needs_tokens(config):
        return ()
    subject = next(iter(users), "crosstalk-discovery")
    return spoilable(credentials.token(subject), config.identity.mint)


def _flows(config: TargetConfig) -> tuple[Flow, ...]:
    members = {name: member for _, (member, _), name in _named(config)}

    def who(name: str) -> str:
        if name == "*" or name in members.values():
            return name
        if name not in members:
            raise TargetFileError(f"allowed_flows names {name!r}, who is no user: list them")
        return members[name]

    flows = [
        Flow(who(each.source), who(each.target), frozenset(map(_operation, each.tools)))
        for each in config.allowed_flows
    ]
    public = frozenset(_operation(name) for name, tool in config.tools.items() if tool.public)
    return (*flows, Flow("*", "*", public)) if public else tuple(flows)


def _named(config: TargetConfig) -> list[tuple[str, tuple[str, UserConfig], str]]:
    return [
        (subject, user, name)
        for (subject, user), name in zip(_users(config).items(), config.users, strict=False)
    ]


def _operation(tool: str) -> str:
    return tool if ":" in tool else f"rest:{tool}" if " " in tool else f"mcp:{tool}"


def _not_applicable(config: TargetConfig, surfaces: Mapping[str, Surface]) -> dict[str, str]:
    reasons = {}
    if not proves(config.identity, config):
        reasons["identity"] = "the system asks for no credential that could be forged or missing"
    if config.rate_limit.calls_per_second > 0:
        reasons["concurrency"] = "the system's rate limit has calls made one at a time"
    elif config.rest is None and config.mcp is not None and config.mcp.transport == "stdio":
        reasons["concurrency"] = "a process of its own answers each user, one call at a time"
    operations: list[Operation] = []
    for surface in {id(each): each for each in surfaces.values()}.values():
        operations += surface.discover()
    refers = [
        parameter
        for each in operations
        if not each.public
        for parameter in each.parameters
        if parameter.refers
    ]
    if not refers:
        reasons["existence"] = "no operation takes the id of an object"
    return reasons
