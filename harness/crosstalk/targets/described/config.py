"""The tables of a `crosstalk.toml`; docs/targets.md explains them with examples.

Every error says which setting to change. Secrets may stand in the environment instead: wherever a
text is expected, `$NAME` or `${NAME}` takes the variable's value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from crosstalk.core.history import ACCEPTED_BY_DEFAULT, Channel
from crosstalk.core.principals import MEMBERS
from crosstalk.surface.mcp.facts import Kind, is_method
from crosstalk.surface.operation import Role
from crosstalk.targets.described.database_config import DatabaseConfig
from crosstalk.targets.described.identity import IdentityConfig, UserConfig
from crosstalk.targets.described.login.config import HEADER_CARRIERS, checked
from crosstalk.targets.described.policy_config import PolicyConfig, check_people
from crosstalk.targets.described.strict import ONE_OR_MORE, Strict, Texts

_NO_REASON = "no reason is given"
_STREAM = re.compile(r"(?:GET|WS) /\S*")
_OPERATION = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE) /\S*")
SurfaceName = Literal["mcp", "rest"]
SURFACES: tuple[SurfaceName, ...] = ("mcp", "rest")
TransportName = Literal["streamable-http", "streamable-http-older", "sse", "stdio", "json-rpc"]


class McpConfig(Strict):
    """An MCP server.

    Attributes:
        transport: `streamable-http` is revision 2026-07-28, `streamable-http-older` any earlier
            one with or without sessions, `sse` the event stream of 2024-11-05, `json-rpc` a server
            that takes plain requests without a handshake.
        url: The endpoint; `{user}` and `{token}` stand for the caller's.
        command: For `stdio`: program and arguments; `{NAME}` stands for a variable of the process.
        environment: For `stdio`: variables of every process beside those that are inherited; what
            differs by user is `identity.environment`.
        folder: For `stdio`: working directory, relative to the file.
        timeout: Seconds for one call.
        revision: What the handshake offers.
        identity: How its callers say or prove who they are, where REST differs.
    """

    transport: TransportName = "streamable-http"
    url: str = ""
    command: list[str] = Field(default_factory=list)
    environment: dict[str, str] = Field(default_factory=dict)
    folder: str = "."
    timeout: float = Field(default=20.0, gt=0)
    revision: str = "2025-11-25"
    identity: IdentityConfig | None = None

    @model_validator(mode="after")
    def _has_place(self) -> McpConfig:
        if self.transport == "stdio" and not self.command:
            raise ValueError('transport is "stdio": set mcp.command to the program and arguments')
        if self.transport != "stdio" and not self.url:
            raise ValueError(f'transport is "{self.transport}": set mcp.url to the endpoint')
        return self


class RestConfig(Strict):
    """A REST API beside the MCP server, or instead of it.

    Attributes:
        openapi: URL of its OpenAPI document; may be left out beside `graphql`.
        graphql: URL of its GraphQL endpoint, which answers introspection.
        base: Where its paths begin; by default what the document's `servers` say, on its origin.
        public: Operations that need no credential on purpose, and whose answers every user may
            see, e.g. `GET /health`.
        skip: Operations that are not to be called: a list, or a table of operation to reason.
        timeout: Seconds for one call.
        also: Operations that the document leaves out, e.g. `GET /partner/notes`.
        streams: Streams that are pushed to a caller, e.g. `GET /events` or `WS /updates`.
        documents: URLs of further OpenAPI documents of the same API.
        pages: Addresses where a walk through the server's pages begins, e.g. `/`; what is linked
            and offered as a form becomes an operation.
        har: An HTTP archive, relative to the file, whose requests are operations too.
        identity: How its callers say or prove who they are, where MCP differs.
    """

    openapi: str = ""
    graphql: str = ""
    base: str = ""
    public: Texts = Field(default_factory=list)
    skip: Texts | dict[str, str] = Field(default_factory=list)
    timeout: float = Field(default=30.0, gt=0)
    also: Texts = Field(default_factory=list)
    streams: Texts = Field(default_factory=list)
    documents: Texts = Field(default_factory=list)
    pages: Texts = Field(default_factory=list)
    har: str = ""
    identity: IdentityConfig | None = None

    @model_validator(mode="after")
    def _says_what_there_is(self) -> RestConfig:
        named = self.base and (self.also or self.har or self.streams or self.pages)
        if not (self.openapi or self.graphql or named):
            raise ValueError(
                "set rest.openapi, the URL of the OpenAPI document, or rest.graphql, or rest.base "
                "with the operations under rest.also or in rest.har, or rest.pages"
            )
        return self

    @property
    def address(self) -> str:
        """Return a URL of the server."""
        return self.base or self.openapi or self.graphql

    @field_validator("pages")
    @classmethod
    def _are_addresses(cls, value: list[str]) -> list[str]:
        for each in value:
            if not each.startswith("/"):
                raise ValueError(
                    f'{each!r} is not an address of this server: write a path, e.g. "/"'
                )
        return value

    @field_validator("streams")
    @classmethod
    def _are_streams(cls, value: list[str]) -> list[str]:
        for each in value:
            if not _STREAM.fullmatch(each):
                raise ValueError(
                    f'{each!r} is not a stream: write "GET /path" for server-sent events, or '
                    '"WS /path" for a WebSocket'
                )
        return value

    @field_validator("also")
    @classmethod
    def _are_operations(cls, value: list[str]) -> list[str]:
        for each in value:
            if not _OPERATION.fullmatch(each):
                raise ValueError(
                    f'{each!r} is not an operation: write method and path, e.g. "GET /notes"'
                )
        return value


class StartConfig(Strict):
    """The start of the system for a run; without it, the system runs already.

    Attributes:
        command: Program and arguments; `{port}` is a free port, also in URLs of the file.
        environment: Its variables beside those that are inherited, in whose place they stand.
        folder: Working directory, relative to the file.
        seconds: How long it may take until `{port}` accepts connections.
    """

    command: list[str] = Field(min_length=1)
    environment: dict[str, str] = Field(default_factory=dict)
    folder: str = "."
    seconds: float = Field(default=30.0, gt=0)


class CommandConfig(Strict):
    """A command that must end with status 0.

    Attributes:
        command: Program and arguments.
        seconds: How long it may take.
    """

    command: list[str] = Field(min_length=1)
    seconds: float = Field(default=60.0, gt=0)


class CallStep(Strict):
    """A call that sets something up before an example, or takes it down after it.

    Attributes:
        user: Who makes it: a listed user; `alice`, `bob` or `carol` where users
            are made up.
        operation: An MCP tool's name, or a REST operation's method and path.
        arguments: Its arguments; `{user}` is the caller's subject, `{NAME}` what was captured.
        capture: Name, in capitals, to where the value is in the answer, e.g. `{DOC = "$.id"}`. An
            id belongs to the caller.
    """

    user: str = Field(alias="as")
    operation: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    capture: dict[str, str] = Field(default_factory=dict)

    @field_validator("capture")
    @classmethod
    def _is_readable(cls, value: dict[str, str]) -> dict[str, str]:
        for name, place in value.items():
            if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
                raise ValueError(f"a captured value is named in capitals, e.g. DOC, not {name!r}")
            checked(place)
        return value


# A table is a command, a list of tables are calls.
SetupConfig = Annotated[
    Annotated[CommandConfig, Tag("command")] | Annotated[list[CallStep], Tag("calls")],
    Discriminator(lambda value: "calls" if isinstance(value, list) else "command"),
]


class RateLimitConfig(Strict):
    """The rate at which the system may be called.

    Attributes:
        calls_per_second: Calls are spaced so that no more are made; 0 does not space them.
        patience: Seconds to wait, at most, when an answer says that it was too fast.
    """

    calls_per_second: float = Field(default=0.0, ge=0)
    patience: float = Field(default=5.0, ge=0)


class FlowConfig(Strict):
    """Sharing that is meant.

    Attributes:
        source: User whose data may reach `target`, or `*`.
        target: User who may see or change it, or `*`.
        tools: By which tools or operations, as they are called; all by default.
    """

    source: str = "*"
    target: str = "*"
    tools: Texts = Field(default_factory=list)


class ToolConfig(Strict):
    """The description of a tool or a REST operation.

    Attributes:
        kind: What it does; `other`, the default, leaves it to the guess.
        arguments: Argument to role: identity, reference, name, cursor, query, key, text or value.
        public: It needs no credential on purpose, and every user may see what it shows.
        skip: Why it is not to be called; `true` gives no reason.
        values: Argument to the values that it takes, where its schema does not say; `[]` leaves
            the argument out.
    """

    kind: Kind = "other"
    arguments: dict[str, Role] = Field(default_factory=dict)
    public: bool = False
    skip: bool | str = False
    values: dict[str, list[Any]] = Field(default_factory=dict)


class TargetConfig(Strict):
    """A whole `crosstalk.toml`.

    Attributes:
        confirmed: A person has looked through the guesses; a file without this line has none, and
            `false`, as `crosstalk init` writes it, ends a run.
        mcp: The MCP server.
        rest: The REST API.
        identity: How callers say or prove who they are, to each surface that does not say itself.
        users: Users who exist already; made up where there are none.
        user_names: How made-up users are called; `{user}`, `{nonce}`, `{letters}` (the nonce in
            small letters), `{uuid}` and `{number}` may stand in it.
        start: How the system is started for a run.
        setup: A command that is run once, when it runs; or calls (`[[setup]]`) that users make:
            once where users are listed, before every example where they are made up.
        teardown: Calls that take down what those of `setup` made.
        objects: Objects that exist already and no listing tells of: kind to owner to ids, e.g.
            `[objects.document]` with `ann = ["DOC-1001"]`.
        reset: Run before every example.
        rate_limit: How fast it may be called.
        allowed_flows: Sharing that is meant.
        accepted: Weaknesses that are known, beside `number-gaps` and `number-reuse`, which are
            accepted by default; an empty list accepts nothing.
        read_only: Nothing may change there: only reading operations are called.
        public_values: Texts that look like a user's and are public, e.g. a server's path.
        tools: What is known about tools.
        tenant_names: How the tenants of made-up users are called, so that they are new as well.
        tenants: Tenant to its users; or `per_tenant`, the number of users of each tenant, in their
            order.
        roles: Role to the users who have it; only roles that a rule names need to be here.
        policy: Who may see what.
        database: The system's own PostgreSQL, whose row-level security is tried.
    """

    confirmed: bool = True
    mcp: McpConfig | None = None
    rest: RestConfig | None = None
    identity: IdentityConfig | None = None
    users: dict[str, UserConfig] = Field(default_factory=dict)
    user_names: str = "{user}-{nonce}"
    start: StartConfig | None = None
    setup: SetupConfig | None = None
    teardown: list[CallStep] = Field(default_factory=list)
    objects: dict[str, dict[str, list[str | int]]] = Field(default_factory=dict)
    reset: CommandConfig | None = None
    rate_limit: RateLimitConfig = RateLimitConfig()
    allowed_flows: list[FlowConfig] = Field(default_factory=list)
    accepted: Annotated[list[Channel], ONE_OR_MORE] | None = None
    read_only: bool = False
    public_values: Texts = Field(default_factory=list)
    tools: dict[str, ToolConfig] = Field(default_factory=dict)
    tenant_names: str = "{tenant}-{nonce}"
    tenants: dict[str, Texts | int] = Field(default_factory=dict)
    roles: dict[str, Texts] = Field(default_factory=dict)
    policy: PolicyConfig | None = None
    database: DatabaseConfig | None = None

    @field_validator("policy")
    @classmethod
    def _has_rules(cls, value: PolicyConfig | None) -> PolicyConfig | None:
        """Take an empty table for none: it permits and refuses what a run without it does."""
        return None if value == PolicyConfig() else value

    def skipped(self) -> dict[str, str]:
        """Return the operations that are not to be called, each with the reason."""
        tools = {
            qualified(name): each.skip if isinstance(each.skip, str) else _NO_REASON
            for name, each in self.tools.items()
            if each.skip
        }
        if self.rest is None:
            return tools
        skip = self.rest.skip
        reasons = skip if isinstance(skip, dict) else dict.fromkeys(skip, _NO_REASON)
        return tools | {f"rest:{name}": reason for name, reason in reasons.items()}

    def accepts(self) -> frozenset[Channel]:
        """Return the accepted weaknesses: those by default and the listed ones, or none."""
        if self.accepted is None:
            return ACCEPTED_BY_DEFAULT
        return ACCEPTED_BY_DEFAULT | set(self.accepted) if self.accepted else frozenset()

    def identities(self) -> dict[SurfaceName, IdentityConfig]:
        """Return the identity of each surface that there is."""
        own = {"mcp": self.mcp, "rest": self.rest}
        found: dict[SurfaceName, IdentityConfig] = {}
        for name in SURFACES:
            surface = own[name]
            identity = surface.identity if surface else None
            if surface is not None and (identity or self.identity):
                found[name] = identity or self.identity  # type: ignore[assignment]
        return found

    def urls(self, surface: SurfaceName) -> list[str]:
        """Return the URLs of a surface, in which `{user}` and `{token}` may stand."""
        if surface == "mcp":
            return [self.mcp.url] if self.mcp else []
        return [self.rest.base] if self.rest else []

    @model_validator(mode="after")
    def _is_whole(self) -> TargetConfig:
        if self.mcp is None and self.rest is None:
            raise ValueError("say where the system is: [mcp] with transport and url, or [rest]")
        identities = self.identities()
        for name in SURFACES:
            if getattr(self, name) is not None and name not in identities:
                raise ValueError(
                    f"{name}.identity is missing: set it, or [identity] for all surfaces"
                )
        if self.users and len(self.users) < 2:
            raise ValueError("two users at least must be listed under [users], or none at all")
        if len(self.users) > len(MEMBERS):
            more = ", ".join(list(self.users)[len(MEMBERS) :])
            raise ValueError(
                f"{len(MEMBERS)} users take part, and [users] lists {len(self.users)}: leave out "
                f"{more}, or others in their place"
            )
        for tool in self.tools:
            if self.mcp is None and qualified(tool).startswith("mcp:"):
                raise ValueError(
                    f"tools.{tool} names an MCP tool, and there is no [mcp]: a REST operation is "
                    'written with its method, e.g. [tools."GET /books/{title}"]'
                )
        self._check_owners()
        known = list(self.users) or [each.name for each in MEMBERS]
        check_people(self.tenants, self.roles, self.policy, known)
        self._check_port()
        self._check_carriers(identities)
        for name, identity in identities.items():
            self._check_tokens(identity, self.urls(name))
        return self

    def _check_owners(self) -> None:
        """Check that setup calls and declared objects name users whom there are."""
        known = list(self.users) or [each.name for each in MEMBERS]
        calls = self.setup if isinstance(self.setup, list) else []
        named = {
            **{each.user: "setup.as" for each in calls},
            **{each.user: "teardown.as" for each in self.teardown},
            **{owner: f"objects.{kind}" for kind, of in self.objects.items() for owner in of},
        }
        for user, setting in named.items():
            if user not in known:
                raise ValueError(
                    f"{setting} names {user!r}, who is not a user: there are {', '.join(known)}"
                )

    def _check_carriers(self, identities: Mapping[SurfaceName, IdentityConfig]) -> None:
        for name, identity in identities.items():
            by, login = set(identity.by), identity.login
            if name == "mcp" and self.mcp is not None and self.mcp.transport == "stdio":
                headers = login is not None and login.carrier in HEADER_CARRIERS
                if by & {"bearer", "header", "query", "cookie", "url"} or headers:
                    raise ValueError(
                        'transport is "stdio", which has no headers: identity.by may be argument, '
                        "token-argument, login, environment, session or none"
                    )
            elif name == "rest":
                tools_only = login is not None and login.carrier in ("session", "token-argument")
                if by & {"session", "token-argument", "environment"} or tools_only:
                    raise ValueError(
                        "identity.by names something that only an MCP server has: set [mcp], or "
                        "[rest.identity] for the REST API"
                    )
            if login is not None and login.tool and self.mcp is None:
                raise ValueError("identity.login.tool names an MCP tool: set [mcp], or request")
        learning = [
            each for each in identities.values() if each.login and each.login.learns_subject
        ]
        if len({id(each) for each in learning}) > 1:
            raise ValueError("two logins say what a user's subject is: leave `subject` out of one")

    def _check_port(self) -> None:
        mcp, rest = self.mcp, self.rest
        urls = {
            "mcp.url": mcp.url if mcp else "",
            "rest.openapi": rest.openapi if rest else "",
            "rest.graphql": rest.graphql if rest else "",
            "rest.base": rest.base if rest else "",
        }
        for setting, url in urls.items():
            if "{port}" in url and self.start is None:
                raise ValueError(
                    f"{setting} has {{port}}, the port of a system that is started for the run: "
                    "describe it under [start], or write the number"
                )

    def _check_tokens(self, identity: IdentityConfig, urls: Sequence[str]) -> None:
        if not identity.needs_tokens(urls):
            return
        if identity.token or identity.token_command or identity.mint:
            return
        lacking = [
            name for name, each in self.users.items() if not (each.token or each.token_command)
        ]
        if not self.users:
            raise ValueError(
                "nothing says where tokens come from: set users.NAME.token for two users or "
                "more, or identity.token_command, or identity.mint, or [identity.login]"
            )
        if lacking:
            raise ValueError(f"user {lacking[0]} has no token: set users.{lacking[0]}.token")


def qualified(name: str) -> str:
    """Return the operation's name: a REST operation is written with its HTTP method.

    Names that say their surface themselves (`rest:GET /notes`) stay as they are.
    """
    if name.startswith(("mcp:", "rest:", "chat:")):
        return name
    return f"{'rest' if ' ' in name and not is_method(name) else 'mcp'}:{name}"
