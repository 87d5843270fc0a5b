"""Token exchange: the user's token stays here, and the next service gets one made for it.

The MCP authorization specification forbids passing a client's token through. What a service
presents instead names the user (`sub`), its audience (`aud`, the resource of RFC
8707), who acts (`act`, RFC 8693 section 4.1), and lives for a minute. The backend makes such tokens
for the MCP server, and the MCP server for the backend where it reaches data through it.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from system.identity.signing import SigningKey

LIFETIME_SECONDS = 60
# A token is given out again while it will outlive the call it is for.
_REUSE_SECONDS = 20
_MAX_KEPT = 10_000


class TokenExchange:
    """Makes a service's own tokens for the users it acts for.

    Args:
        issuer: The service's URL, `iss` and `act.sub` of its tokens.
        audience: For whom the tokens are meant.
        key: Signs; its public part is in the service's JWKS.
        also_published: Public keys beside it: the next one, or the one before, while a rotation is
            under way.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        key: SigningKey,
        *,
        also_published: Sequence[Mapping[str, str]] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._key = key
        self._also_published = [dict(each) for each in also_published if each["kid"] != key.kid]
        self._clock = clock
        self._made: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def token_for(self, user_id: str) -> str:
        """A token with which the service acts for a verified subject."""
        now = self._clock()
        kept = self._made.get(user_id)
        if kept is not None and now - kept[1] < _REUSE_SECONDS:
            return kept[0]
        issued = int(now)
        token = self._key.sign(
            {
                "iss": self._issuer,
                "sub": user_id,
                "aud": self._audience,
                "act": {"sub": self._issuer},
                "iat": issued,
                "exp": issued + LIFETIME_SECONDS,
                "jti": secrets.token_hex(8),
            }
        )
        self._made[user_id] = (token, now)
        self._made.move_to_end(user_id)
        if len(self._made) > _MAX_KEPT:
            self._made.popitem(last=False)
        return token

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The JWK Set that the audience verifies with (RFC 7517 section 5)."""
        return {"keys": [self._key.public_jwk(), *self._also_published]}
