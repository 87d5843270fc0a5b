"""Remembers verified tokens by their hash, so that a busy client costs one signature check each.

An answer is only as good as what it rests on: the token must not have expired meanwhile, and the
very key that verified it must still be one of the issuer's. Tokens themselves are not kept.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from system.identity.claims import Subject
from system.identity.jwks import KeySet
from system.identity.keys import PublishedKey


@dataclass(frozen=True, slots=True)
class _Verified:
    subject: Subject
    key: PublishedKey
    keys: KeySet


class RememberedTokens:
    """A bounded memory of verified tokens, least recently used out first.

    Args:
        limit: How many are kept at most.
        leeway: Seconds by which clocks may differ.
    """

    def __init__(self, *, limit: int = 10_000, leeway: float) -> None:
        self._limit = limit
        self._leeway = leeway
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    def __len__(self) -> int:
        return len(self._verified)

    def get(self, token: str, *, now: float) -> Subject | None:
        """The subject of a token verified before, while that still holds."""
        digest = _digest(token)
        found = self._verified.get(digest)
        if found is None:
            return None
        in_time = now < found.subject.expires_at + self._leeway
        if not in_time or found.keys.current(found.key.kid) is not found.key:
            del self._verified[digest]
            return None
        self._verified.move_to_end(digest)
        return found.subject

    def put(self, token: str, subject: Subject, key: PublishedKey, keys: KeySet) -> None:
        """Remember that `key`, one of `keys`, verified the token."""
        self._verified[_digest(token)] = _Verified(subject, key, keys)
        if len(self._verified) > self._limit:
            self._verified.popitem(last=False)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
