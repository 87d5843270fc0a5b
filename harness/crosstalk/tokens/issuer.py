"""The test issuer: mints tokens as a real issuer would, for subjects that exist only in a run."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosstalk.core.errors import HarnessError
from crosstalk.core.neighbours import SECOND_ISSUER
from crosstalk.tokens.keys import ALGORITHMS, KeyPair, dump_keys, load_keys

BACKEND_AUDIENCE = "crosstalk-backend"


@dataclass(slots=True)
class LocalIssuer:
    """An issuer with keys of its own; the JWKS is served by `python -m crosstalk.tokens`.

    Attributes:
        url: The `iss` of its tokens.
        keys: Its keys; the first of an algorithm signs.
    """

    url: str
    keys: list[KeyPair] = field(default_factory=list)

    @classmethod
    def create(cls, url: str, algorithms: tuple[str, ...] = ALGORITHMS) -> LocalIssuer:
        """Create an issuer with one new key for each algorithm."""
        return cls(url, [KeyPair.generate(algorithm) for algorithm in algorithms])

    def key(self, algorithm: str = "EdDSA") -> KeyPair:
        """Return the key that signs with an algorithm.

        Raises:
            HarnessError: The issuer has none.
        """
        found = next((each for each in self.keys if each.algorithm == algorithm), None)
        if found is None:
            raise HarnessError(f"the test issuer has no {algorithm} key; it has {self.algorithms}")
        return found

    @property
    def algorithms(self) -> list[str]:
        """Algorithms that it can sign with."""
        return [each.algorithm for each in self.keys]

    def claims(
        self, subject: str, *, audience: str | Sequence[str], ttl: int = 600
    ) -> dict[str, Any]:
        """Build the claims of an ordinary token (RFC 7519 section 4.1)."""
        now = int(time.time())
        return {
            "iss": self.url,
            "sub": subject,
            "aud": audience if isinstance(audience, str) else list(audience),
            "iat": now,
            "exp": now + ttl,
            "jti": secrets.token_hex(8),
        }

    def mint(
        self,
        subject: str,
        *,
        audience: str | Sequence[str] = BACKEND_AUDIENCE,
        ttl: int = 600,
        algorithm: str = "EdDSA",
        **claims: Any,
    ) -> str:
        """Mint a token.

        Args:
            subject: The `sub` claim.
            audience: The `aud` claim, one or several.
            ttl: Lifetime in seconds.
            algorithm: One of `ALGORITHMS`.
            claims: Claims that replace or join the usual ones; None leaves one out.

        Raises:
            HarnessError: The issuer has no key of that algorithm.
        """
        merged = {**self.claims(subject, audience=audience, ttl=ttl), **claims}
        return self.key(algorithm).sign({k: v for k, v in merged.items() if v is not None})

    @property
    def second_url(self) -> str:
        """The `iss` of a second issuer, which publishes the same keys and has people of its own."""
        return f"{self.url}/second"

    def mint_for(
        self,
        user_id: str,
        *,
        audience: str | Sequence[str] = BACKEND_AUDIENCE,
        ttl: int = 600,
        **claims: Any,
    ) -> str:
        """Mint a token for a user id, in the name of the issuer that its prefix belongs to.

        Args:
            user_id: The user id; behind `SECOND_ISSUER` it is the second issuer's `sub`.
            audience: The `aud` claim, one or several.
            ttl: Lifetime in seconds.
            claims: As of `mint`.
        """
        if user_id.startswith(SECOND_ISSUER):
            user_id, claims = (
                user_id.removeprefix(SECOND_ISSUER),
                {"iss": self.second_url, **claims},
            )
        return self.mint(user_id, audience=audience, ttl=ttl, **claims)

    def rotate(self, algorithm: str = "EdDSA", *, keep_old: bool = False) -> KeyPair:
        """Sign with a new key from now on; `save` publishes it.

        Args:
            algorithm: The algorithm whose key is replaced.
            keep_old: Whether the former keys of the algorithm stay published.

        Returns:
            The new key.
        """
        fresh = KeyPair.generate(algorithm)
        kept = [each for each in self.keys if keep_old or each.algorithm != algorithm]
        self.keys = [fresh, *kept]
        return fresh

    def withdraw(self, kid: str) -> None:
        """Stop publishing a key and signing with it; `save` makes that known."""
        self.keys = [each for each in self.keys if each.kid != kid]

    def jwks(self) -> dict[str, Any]:
        """Build the JWK Set (RFC 7517 section 5)."""
        return {"keys": [each.public_jwk() for each in self.keys]}

    def save(self, path: Path) -> None:
        """Write the private keys, readable by this user alone; replaces the file in one step."""
        temporary = path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps({"url": self.url, "keys": json.loads(dump_keys(self.keys))}))
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> LocalIssuer:
        """Read what `save` wrote.

        Raises:
            HarnessError: No such file, or not a key file.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls(data["url"], load_keys(json.dumps(data["keys"])))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HarnessError(
                f"no test issuer keys in {path}: is `crosstalk up` running?"
            ) from error
