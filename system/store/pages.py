"""Keyset pagination with cursors that only their owner can use.

A cursor is the position after the last row shown, signed with a key derived from the subject
(HMAC, salted with `user_id`) and naming the list it belongs to with its filters. A cursor that was
tampered with, made by another user or taken from another list is one and the same error. The list
enters as a digest, so that a long search makes no long cursor and no cursor shows what was sought.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from itsdangerous import BadData

from system.errors import ValidationFailed
from system.store.session import UserSession

Row = TypeVar("Row")
Place = TypeVar("Place")


def encode_cursor(session: UserSession, listing: str, last_id: UUID | str) -> str:
    """The cursor that continues `listing` after the row `last_id`."""
    token = session.cursors.dumps([_digest(listing), str(last_id)])
    return token if isinstance(token, str) else token.decode()


def decode_cursor(session: UserSession, listing: str, cursor: str | None) -> UUID | None:
    """The row id after which to continue, or None for the first page.

    Raises:
        ValidationFailed: The cursor is not one this subject got from this listing.
    """
    return _position(session, listing, cursor, UUID)


def decode_name_cursor(session: UserSession, listing: str, cursor: str | None) -> str | None:
    """The name after which to continue, where a list is by name; None for the first page.

    Raises:
        ValidationFailed: The cursor is not one this subject got from this listing.
    """
    return _position(session, listing, cursor, str)


def _position(
    session: UserSession, listing: str, cursor: str | None, read: Callable[[str], Place]
) -> Place | None:
    if cursor is None:
        return None
    try:
        payload: Any = session.cursors.loads(cursor)
        found_listing, last_id = payload
        if found_listing != _digest(listing):
            raise ValueError
        return read(last_id)
    except (BadData, ValueError, TypeError, AttributeError):
        raise ValidationFailed(
            "cursor is not valid for this list",
            details={"cursor": "use next_cursor from an earlier page of the same list"},
        ) from None


def cut_page(rows: list[Row], limit: int) -> tuple[list[Row], bool]:
    """Split `limit + 1` fetched rows into the page and whether another one follows."""
    return rows[:limit], len(rows) > limit


def _digest(listing: str) -> str:
    return sha256(listing.encode()).hexdigest()[:32]
