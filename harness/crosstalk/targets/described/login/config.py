"""The tables of a file that describe a login; docs/targets.md explains them with examples."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from crosstalk.targets.described.login.values import AnswerValue
from crosstalk.targets.described.strict import Strict

Grant = Literal["password", "client_credentials"]
LoginCarrier = Literal["token-argument", "bearer", "basic", "header", "cookie", "session"]
# Carriers that are headers of HTTP.
HEADER_CARRIERS: tuple[LoginCarrier, ...] = ("bearer", "basic", "header", "cookie")
_REQUEST = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE) (?:/|https?://)\S*")


class CallConfig(Strict):
    """A call of an MCP tool, or a REST request; `{user}` and the like may stand in its values.

    Attributes:
        tool: Name of the tool.
        arguments: The tool's arguments.
        request: Method and path, e.g. `POST /login`, or method and URL.
        json_body: The request's JSON body.
        form: The request's form fields, where it takes no JSON.
        headers: Headers of the request beside the usual ones.
    """

    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    request: str = ""
    json_body: dict[str, Any] | None = Field(default=None, alias="json")
    form: dict[str, str] | None = None
    headers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_one_call(self) -> CallConfig:
        if self.request and not _REQUEST.fullmatch(self.request):
            raise ValueError(
                f'{self.request!r} is not a request: write method and path, e.g. "POST /login"'
            )
        if self.tool and self.request:
            raise ValueError("a login call has a tool or a request: leave out one of the two")
        if self.json_body is not None and self.form is not None:
            raise ValueError("a request has json or form: leave out one of the two")
        if not self.request and (self.json_body is not None or self.form is not None):
            raise ValueError('json and form belong to a request: set request, e.g. "POST /login"')
        return self


class RegisterConfig(CallConfig):
    """A call that creates an account.

    Attributes:
        subject: Where in the answer the id is by which the system knows the user; without it the
            made-up name is that id.
    """

    subject: str = ""

    @model_validator(mode="after")
    def _has_call(self) -> RegisterConfig:
        if not (self.tool or self.request):
            raise ValueError("register_first names no call: set its tool or its request")
        return self

    @field_validator("subject")
    @classmethod
    def _is_readable(cls, value: str) -> str:
        return checked(value)


class CsrfConfig(Strict):
    """A token against cross-site request forgery that requests must repeat.

    Attributes:
        request: A request whose answer holds it or sets its cookie, e.g. `GET /login`.
        value: Where it is: `cookie:csrftoken`, `input:csrf_token` in a page, `$.token` in JSON.
        header: The header that repeats it; `{csrf}` in the login's form or JSON repeats it too.
    """

    request: str = ""
    value: str
    header: str = "X-CSRF-Token"

    @field_validator("value")
    @classmethod
    def _is_readable(cls, value: str) -> str:
        return checked(value)


class LoginConfig(CallConfig):
    """A login: by a tool, by a request, or by an OAuth 2.0 grant (RFC 6749, 4.3 and 4.4).

    Attributes:
        grant: `password` or `client_credentials`.
        token_url: The token endpoint of a grant; found by the MCP server's metadata where it is
            left out (RFC 9728, RFC 8414).
        client_id: Of a grant; the user's own where users are clients.
        client_secret: Of a grant, likewise.
        client_auth: Whether the client authenticates in the form or by HTTP Basic.
        scope: Of a grant.
        parameters: Further form fields of a grant, e.g. `audience`.
        register_first: The call that creates the account.
        token: Where in the answer the token is: a field's name, `$.data.token`,
            `header:X-Auth-Token`, `cookie:session`; empty where cookies or the session are all.
        carried: How the token travels afterwards, by default `session` after a tool and `bearer`
            after anything else; `basic` has no token and no login call, as name and password travel
            with every request (RFC 7617).
        argument: The argument that carries it, where it travels in one.
        header: The header that carries it, where it travels in one.
        value: What that header holds, with `{token}` in it.
        subject: Where the user's id is, in the answer (`$.user.id`) or the token (`claim:sub`); a
            listed user's own `subject` counts for more.
        whoami: A request whose answer has the `subject`, made with the new token.
        refresh: A request that gives a new token for `{refresh}`.
        refresh_token: Where in the answer the refresh token is.
        renew_after: Seconds after which to log in again; by default as the answer's `expires_in`
            or the token's `exp` says.
        csrf: A token that requests must repeat.
    """

    grant: Grant | None = None
    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    client_auth: Literal["form", "basic"] = "form"
    scope: str = ""
    parameters: dict[str, str] = Field(default_factory=dict)
    register_first: RegisterConfig | None = None
    token: str = ""
    carried: LoginCarrier | None = None
    argument: str = "token"
    header: str = "Authorization"
    value: str = "{token}"
    subject: str = ""
    whoami: CallConfig | None = None
    refresh: CallConfig | None = None
    refresh_token: str = "$.refresh_token"  # noqa: S105 - the place, not the token
    renew_after: float = Field(default=0.0, ge=0)
    csrf: CsrfConfig | None = None

    @property
    def carrier(self) -> LoginCarrier:
        """The token's carrier: the session after a tool, a bearer token after any other login."""
        return self.carried or ("session" if self.tool else "bearer")

    @property
    def token_place(self) -> str:
        """Place of the token in the answer."""
        return self.token or ("$.access_token" if self.grant else "")

    @property
    def learns_subject(self) -> bool:
        """True where the system, not the file, says by which id it knows a user."""
        return bool(self.subject or (self.register_first and self.register_first.subject))

    @field_validator("token", "subject", "refresh_token")
    @classmethod
    def _is_readable(cls, value: str) -> str:
        return checked(value)

    @model_validator(mode="after")
    def _is_whole(self) -> LoginConfig:
        if self.carried == "basic":
            if self.tool or self.request or self.grant:
                raise ValueError(
                    'identity.login.carried = "basic" sends name and password with every request: '
                    "leave out tool, request and grant"
                )
            return self
        if sum(map(bool, (self.tool, self.request, self.grant))) != 1:
            raise ValueError(
                "identity.login needs one of: tool (an MCP tool), request "
                '(e.g. "POST /login"), grant ("password" or "client_credentials")'
            )
        if self.carrier not in ("session", "cookie") and not self.token_place:
            raise ValueError(
                "set identity.login.token to the answer's field that holds the token, e.g. "
                '"access_token" or "$.data.token", or identity.login.carried to "session" or '
                '"cookie"'
            )
        if self.carrier == "session" and not self.tool:
            raise ValueError('identity.login.carried = "session" is for a login by an MCP tool')
        if self.whoami is not None and not self.subject:
            raise ValueError('identity.login.whoami needs identity.login.subject, e.g. "$.id"')
        return self


def checked(place: str) -> str:
    """Check that a place in an answer can be read, and return it.

    Raises:
        ValueError: It cannot; the message shows the forms that can.
    """
    if place:
        AnswerValue.parse(place)
    return place
