"""Pattern 2, a JWT signed with a secret (HS256): every service that can check a token can make one.

The careless form has one secret for all services, taken from a tutorial, and checks nothing but the
signature. So a token that a user gave to another service opens this one, any service can make a
token in any user's name, and the owner of one token can try the published lists of secrets on it
offline. The form that holds has a random secret for each service, known to it and to the issuer
alone, and checks issuer, audience and expiry. What stays: this server can make tokens for itself in
any user's name, so its secret is worth as much as all its data, and rotating it takes both sides.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jose import jwt
from jose.exceptions import JOSEError
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl

from crosstalk.core.history import Actor
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.targets.demonstrations.base import MCP_PATH, Demonstration, Pattern
from crosstalk.targets.demonstrations.notebook import Notebook, server_by_credential

_ISSUER = "https://sign-in.example"
_BILLING = "https://billing.example"
# As they stand in tutorials and in published lists of JWT secrets.
PUBLISHED_SECRETS = ("secret", "your-256-bit-secret", "changeme", "supersecretkey", "jwt_secret")

Mint = Callable[[str], str]


def mint(subject: str, secret: str, **claims: Any) -> str:
    """Return a token of ten minutes, signed with the secret."""
    now = int(time.time())
    usual = {"sub": subject, "iat": now, "exp": now + 600, "jti": secrets.token_hex(8)}
    return str(jwt.encode({**usual, **claims}, secret, algorithm="HS256"))


def guess_secret(token: str) -> str | None:
    """Try the published secrets on a token; needs no server, so it goes unnoticed."""
    for candidate in PUBLISHED_SECRETS:
        try:
            jwt.decode(token, candidate, algorithms=["HS256"], options={"verify_aud": False})
        except JOSEError:
            continue
        return candidate
    return None


class SignatureAlone:
    """Checks the signature and the expiry, as `jwt.decode` does without options."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the token's claims as access; None refuses it."""
        try:
            claims = jwt.decode(
                token, self._secret, algorithms=["HS256"], options={"verify_aud": False}
            )
        except JOSEError:
            return None
        return _access(claims)


class AllClaims:
    """Checks issuer, audience and expiry as well, and requires each of them."""

    def __init__(self, secret: str, audience: str) -> None:
        self._secret = secret
        self._audience = audience

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the token's claims as access; None refuses it."""
        required = {f"require_{name}": True for name in ("aud", "iss", "exp", "sub")}
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                audience=self._audience,
                issuer=_ISSUER,
                options=required,
            )
        except JOSEError:
            return None
        return _access(claims)


def _access(claims: Mapping[str, Any]) -> AccessToken:
    return AccessToken(token="", client_id="user", scopes=[], subject=str(claims["sub"]))


@dataclass(frozen=True, slots=True)
class SecretCredentials:
    """Tokens of the actors: users have their own, others what they can make without one.

    Attributes:
        own: Makes the token that a user gets for this server.
        forgeries: Name to what makes a token that must be refused.
    """

    own: Mint
    forgeries: Mapping[str, Mint]

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return the bearer token of this actor, if there is one."""
        if actor.user is not None:
            return Presented.bearer(self.own(subject))
        if actor.forgery is None:
            return NOTHING
        return Presented.bearer(self.forgeries[actor.forgery](subject))


def _pattern(url: str, verifier: SignatureAlone | AllClaims, here: str, billing: str) -> Pattern:
    """The server, given the secrets that this service and the billing service check tokens with."""
    audience = f"{url}{MCP_PATH}"

    def own(subject: str) -> str:
        return mint(subject, here, iss=_ISSUER, aud=audience)

    def for_another_service(subject: str) -> str:
        return mint(subject, billing, iss=_ISSUER, aud=_BILLING)

    def made_by_another_service(subject: str) -> str:
        # Says all that a check could ask for: the service knows what good tokens look like.
        return mint(subject, billing, iss=_ISSUER, aud=audience)

    def made_with_a_guessed_secret(subject: str) -> str:
        secret = guess_secret(own("bob")) or "not found"
        return mint(subject, secret, iss=_ISSUER, aud=audience)

    forgeries = {
        "token-for-another-service": for_another_service,
        "made-by-another-service": made_by_another_service,
        "made-with-a-guessed-secret": made_with_a_guessed_secret,
    }
    server = server_by_credential(
        Notebook(),
        token_verifier=verifier,
        auth=AuthSettings(
            issuer_url=AnyHttpUrl(_ISSUER),
            resource_server_url=AnyHttpUrl(audience),
            # HS256 tokens have their audience checked by the verifier, or not at all.
            validate_token_resource=False,
        ),
    )
    app = server.streamable_http_app(
        streamable_http_path=MCP_PATH, json_response=True, stateless_http=True
    )
    credentials = SecretCredentials(own, forgeries)
    return Pattern(app, credentials, lambda: Presented.bearer(own("discovery")), tuple(forgeries))


def _careless(url: str) -> Pattern:
    secret = PUBLISHED_SECRETS[1]
    return _pattern(url, SignatureAlone(secret), secret, secret)


def _apart(url: str) -> Pattern:
    here, billing = secrets.token_hex(32), secrets.token_hex(32)
    return _pattern(url, AllClaims(here, f"{url}{MCP_PATH}"), here, billing)


SHARED_SECRET = Demonstration(
    name="shared-secret",
    title="HS256 tokens, one secret for all services, nothing checked but the signature",
    lesson="tokens for another service pass, and every service that can check a token can make one",
    expected="leak",
    build=_careless,
)
SECRET_OF_ONE_SERVICE = Demonstration(
    name="secret-of-one-service",
    title="HS256 tokens, a random secret for this service alone, all claims checked",
    lesson="needs a secret a service and its rotation on both sides; the server can still make "
    "tokens for itself",
    expected="clean",
    build=_apart,
)
