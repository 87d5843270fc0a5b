"""Sessions that an issuer has ended while their tokens are still valid.

A token is valid until its `exp`, whatever becomes of the session that it was issued in. An issuer
may publish the ids (`sid`, OpenID Connect Front-Channel Logout 1.0 section 3) of sessions that
ended within a token's lifetime; tokens that name one are then refused. The list is read in the
background: no request waits for it. While the issuer is down the last list counts, so that a token
of a session that ended in that time is good until its `exp`, as it is where no list is configured.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import httpx2

from system.identity.documents import FETCH_ERRORS, fetch_json

_log = logging.getLogger(__name__)

_MAX_DOCUMENT_BYTES = 8 * 1024 * 1024


class RevokedSessions:
    """The ended sessions of one issuer.

    Args:
        url: Where the list is: an object whose `sids` is an array of ids.
        http: Client that fetches it.
    """

    def __init__(self, url: str, http: httpx2.AsyncClient) -> None:
        self._url = url
        self._http = http
        self._sids: frozenset[str] = frozenset()
        self._answers = True

    def names(self, claims: Mapping[str, Any]) -> bool:
        """Return whether a token's claims name a session that has ended."""
        sid = claims.get("sid")
        return isinstance(sid, str) and sid in self._sids

    async def refresh(self) -> None:
        """Read the list anew; keep the last one where that fails, and log it once."""
        try:
            document = await fetch_json(self._http, self._url, most_bytes=_MAX_DOCUMENT_BYTES)
            sids = document.get("sids") if isinstance(document, dict) else None
            if not isinstance(sids, list):
                raise ValueError("no sids")
        except FETCH_ERRORS as error:
            if self._answers:
                _log.warning("ended sessions not read from %s: %s", self._url, type(error).__name__)
            self._answers = False
            return
        self._answers = True
        self._sids = frozenset(each for each in sids if isinstance(each, str))

    async def keep_reading(self, seconds: float) -> None:
        """Read the list again and again, with a pause of that many seconds."""
        while True:
            await self.refresh()
            await asyncio.sleep(seconds)
