"""Identity of callers in a `crosstalk.toml`: where it travels, tokens, logins, users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from crosstalk.targets.described.login.config import LoginConfig
from crosstalk.targets.described.strict import ONE_OR_MORE, Strict, Texts

Carrier = Literal[
    "argument",
    "bearer",
    "header",
    "query",
    "cookie",
    "url",
    "token-argument",
    "login",
    "environment",
    "session",
    "none",
]


class MintConfig(Strict):
    """Tokens made here with a key that the system trusts.

    Attributes:
        algorithm: `HS256` and its like with a secret; `EdDSA`, `ES256`, `RS256` with a PEM key.
        key: The secret or the PEM text.
        key_file: A file with it instead, relative to this file.
        claims: Claims beside `sub`, `iat` and `exp`, which are set by themselves, e.g. `iss` and
            `aud`; `{user}` stands for the subject, `{tenant}` and `{role}` for the user's, and a
            claim that is left empty by them is left out.
        claims_of: User to further claims in that user's tokens.
        subject_claim: The claim that names the user.
        key_id: The `kid` of the header.
        ttl: Lifetime of a token in seconds.
    """

    algorithm: Literal["HS256", "HS384", "HS512", "EdDSA", "ES256", "RS256", "RS384", "RS512"] = (
        "HS256"
    )
    key: str = ""
    key_file: str = ""
    claims: dict[str, Any] = Field(default_factory=dict)
    claims_of: dict[str, dict[str, Any]] = Field(default_factory=dict)
    subject_claim: str = "sub"
    key_id: str = ""
    ttl: int = Field(default=3_600, gt=0)

    @model_validator(mode="after")
    def _has_key(self) -> MintConfig:
        if bool(self.key) == bool(self.key_file):
            raise ValueError("set one of identity.mint.key and identity.mint.key_file")
        return self


class IdentityConfig(Strict):
    """The way in which a caller names, or proves, their identity.

    Attributes:
        by: Where the identity travels; several where the system needs several.
        arguments: Names of arguments and path parameters that name the user whose data is meant.
        header: The header's name.
        query: The query parameter's name.
        cookie: The cookie's name.
        value: What header, query parameter or cookie holds; `{user}` stands for the caller's
            subject, `{token}` for their token.
        environment: For a process a user: its variables.
        token_argument: The argument that carries a token.
        token: The token, with `{user}`, `{tenant}` or `{role}` in it, where it can be derived.
        token_command: A program that prints a token, run in the file's folder; `{user}`, `{tenant}`
            and `{role}` may stand in its arguments.
        mint: Makes tokens with a key.
        login: Gets tokens, cookies or a session from a tool, a request or a token endpoint.
    """

    by: Annotated[list[Carrier], ONE_OR_MORE] = Field(min_length=1)
    arguments: Texts = Field(default_factory=list)
    header: str = "X-User-Id"
    query: str = "api_key"
    cookie: str = "session"
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
            raise ValueError('identity.by has "login": describe it under [identity.login]')
        if "login" not in self.by and self.login is not None:
            raise ValueError('[identity.login] is described: add "login" to identity.by')
        if "environment" in self.by and not self.environment:
            raise ValueError(
                'identity.by has "environment": set identity.environment, e.g. {USER_ID = "{user}"}'
            )
        if "none" in self.by and len(self.by) > 1:
            raise ValueError('identity.by has "none" and something else: choose')
        return self

    def carriers(self) -> set[tuple[str, str]]:
        """Return the places and names, in lower case, in which the identity travels over HTTP."""
        names = {"header": self.header, "query": self.query, "cookie": self.cookie}
        return {(place, name.lower()) for place, name in names.items() if place in self.by}

    def needs_tokens(self, urls: Sequence[str] = ()) -> bool:
        """Return whether callers present tokens that do not come from a login.

        Args:
            urls: URLs of the surface, in which `{token}` may stand.
        """
        if set(self.by) & {"bearer", "token-argument"}:
            return True
        texts = [*self.environment.values()] if "environment" in self.by else []
        if set(self.by) & {"header", "query", "cookie"}:
            texts.append(self.value)
        if "url" in self.by:
            texts += urls
        return any("{token}" in text for text in texts)

    def proves(self, urls: Sequence[str] = ()) -> bool:
        """Return whether a credential proves the identity, so that a call without one is refused.

        Args:
            urls: URLs of the surface, in which `{token}` may stand.
        """
        return self.needs_tokens(urls) or "login" in self.by

    def unproven(self) -> str:
        """Return what names the caller where no credential proves it, in words.

        A process a user, started with an environment of its own, needs no proof: whoever can reach
        it is its user.
        """
        if "environment" in self.by:
            return ""
        said = {
            "argument": f"the argument {', '.join(self.arguments)}",
            "header": f"the header {self.header}",
            "query": f"the query parameter {self.query}",
            "cookie": f"the cookie {self.cookie}",
            "url": "the address",
            "session": "a session that needs no login",
            "none": "nothing",
        }
        return " and ".join(said[each] for each in self.by if each in said)


class UserConfig(Strict):
    """A user who exists already.

    Attributes:
        subject: The id by which the system knows them; the table's name by default.
        token: Their token.
        token_command: A program that prints it.
        username: Their login name, `{user}` in a login; the subject by default.
        password: Their password, for a login.
        client_id: Their client's id, where each user is an OAuth client.
        client_secret: Its secret.
    """

    subject: str = ""
    token: str = ""
    token_command: list[str] = Field(default_factory=list)
    username: str = ""
    password: str = ""
    client_id: str = ""
    client_secret: str = ""
