"""Who calls, as a `crosstalk.toml` says it: where the identity travels, tokens, logins, users."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Carrier = Literal[
    "argument",
    "bearer",
    "header",
    "url",
    "token-argument",
    "login",
    "environment",
    "session",
    "none",
]


class Strict(BaseModel):
    """A table of the file: settings that are not known are refused, and none changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MintConfig(Strict):
    """Tokens made here with a key that the system trusts.

    Attributes:
        algorithm: `HS256` and its like with a secret; `EdDSA`, `ES256`, `RS256` with a PEM key.
        key: The secret or the PEM text; `key_file` names a file instead.
        claims: Claims beside `sub`, `iat` and `exp`, e.g. `iss` and `aud`.
        subject_claim: The claim that says who it is.
        key_id: The `kid` of the header.
        ttl: Seconds that a token lives.
    """

    algorithm: Literal["HS256", "HS384", "HS512", "EdDSA", "ES256", "RS256", "RS384", "RS512"] = (
        "HS256"
    )
    key: str = ""
    key_file: str = ""
    claims: dict[str, Any] = Field(default_factory=dict)
    subject_claim: str = "sub"
    key_id: str = ""
    ttl: int = Field(default=3_600, gt=0)

    @model_validator(mode="after")
    def _has_key(self) -> MintConfig:
        if bool(self.key) == bool(self.key_file):
            raise ValueError("set one of identity.mint.key and identity.mint.key_file")
        return self


class CallConfig(Strict):
    """One tool call with `{user}`, `{password}` and `{token}` in its arguments."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class LoginConfig(CallConfig):
    """A tool that logs somebody in.

    Attributes:
        register_first: A tool that creates the account.
        token: Name of the answer's field that holds the token; empty where the session itself is
            logged in.
        carried: How the token travels afterwards.
        argument: The argument that carries it, where it travels in one.
    """

    register_first: CallConfig | None = None
    token: str = ""
    carried: Literal["token-argument", "bearer", "session"] = "session"
    argument: str = "token"

    @model_validator(mode="after")
    def _has_token(self) -> LoginConfig:
        if self.carried != "session" and not self.token:
            raise ValueError(
                "set identity.login.token to the answer's field that holds the token, "
                'or identity.login.carried to "session"'
            )
        return self


class IdentityConfig(Strict):
    """How a caller says, or proves, who they are.

    Attributes:
        by: Where the identity travels; several where the system wants several.
        arguments: Names of arguments that say whose data is meant.
        header: The header's name.
        value: What the header holds; `{user}` and `{token}` stand for the caller's.
        environment: For a process a user: its variables.
        token_argument: The argument that carries a token.
        token: What the token is, with `{user}` in it, where anybody can tell.
        token_command: A program that prints a token; `{user}` may stand in its arguments.
        mint: Makes tokens with a key.
        login: Gets tokens, or a session, from a tool.
    """

    by: list[Carrier] = Field(min_length=1)
    arguments: list[str] = Field(default_factory=list)
    header: str = "X-User-Id"
    value: str = "{user}"
    environment: dict[str, str] = Field(default_factory=dict)
    token_argument: str = "token"  # noqa: S105 - the argument's usual name
    token: str = ""
    token_command: list[str] = Field(default_factory=list)
    mint: MintConfig | None = None
    login: LoginConfig | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> IdentityConfig:
        if "argument" in self.by and not self.arguments:
            raise ValueError('identity.by has "argument": set identity.arguments to its names')
        if "login" in self.by and self.login is None:
            raise ValueError('identity.by has "login": describe the tool under [identity.login]')
        if "environment" in self.by and not self.environment:
            raise ValueError(
                'identity.by has "environment": set identity.environment, e.g. {USER_ID = "{user}"}'
            )
        if "none" in self.by and len(self.by) > 1:
            raise ValueError('identity.by has "none" and something else: choose')
        return self


class UserConfig(Strict):
    """A user who exists already.

    Attributes:
        subject: The id that the system knows them by; the table's name by default.
        token: Their token.
        token_command: A program that prints it.
        password: For a login tool.
    """

    subject: str = ""
    token: str = ""
    token_command: list[str] = Field(default_factory=list)
    password: str = ""
