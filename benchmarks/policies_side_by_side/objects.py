"""Objects that authztrace's contracts name: it makes none itself.

A person would write what stands here for their own API, so its lines count as theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# Sends a request as somebody and returns the answer.
Send = Callable[..., Mapping[str, Any]]


def tenants(send: Send) -> dict[str, str]:
    """A document of each person."""
    return {
        f"{user.upper()}_DOC": send(user, "POST", "/documents", text=f"{user}-secret")["id"]
        for user in ("alice", "bob", "carol")
    }


def roles(send: Send) -> dict[str, str]:
    """Tickets, one that may be removed, and a member who makes herself an admin."""
    send("bob", "PATCH", "/me", nickname="b", role="admin")
    return {
        "ALICE_TICKET": send("alice", "POST", "/tickets", text="alice-secret")["id"],
        "BOB_TICKET": send("bob", "POST", "/tickets", text="bob-secret")["id"],
        "SPARE": send("alice", "POST", "/tickets", text="spare")["id"],
    }


def sharing(send: Send) -> dict[str, str]:
    """A note that was shared, read, and taken back."""
    note = send("alice", "POST", "/notes", text="alice-secret")["id"]
    send("alice", "POST", f"/notes/{note}/shares", username="bob")
    send("bob", "GET", f"/notes/{note}")
    send("alice", "DELETE", f"/notes/{note}/shares/bob")
    own = send("bob", "POST", "/notes", text="bob-secret")["id"]
    return {"ALICE_NOTE": note, "BOB_NOTE": own}


def invitations(send: Send) -> dict[str, str]:
    """A board to which bob is invited, and one that carol has left."""
    pending = send("alice", "POST", "/boards", title="alice-secret")["id"]
    send("alice", "POST", f"/boards/{pending}/invitations", username="bob")
    other = send("alice", "POST", "/boards", title="alice-secret")["id"]
    asked = send("alice", "POST", f"/boards/{other}/invitations", username="bob")["id"]
    left = send("alice", "POST", "/boards", title="alice-secret")["id"]
    taken = send("alice", "POST", f"/boards/{left}/invitations", username="carol")["id"]
    send("carol", "POST", f"/invitations/{taken}/accept")
    send("alice", "DELETE", f"/boards/{left}/members/carol")
    return {
        "PENDING": pending,
        "FOR_BOB": asked,
        "LEFT": left,
        "BOB_BOARD": send("bob", "POST", "/boards", title="bob-secret")["id"],
        "CAROL_BOARD": send("carol", "POST", "/boards", title="carol-secret")["id"],
    }


def fields(send: Send) -> dict[str, str]:
    """Cards, one of them made for another user."""
    return {
        "ALICE_CARD": send("alice", "POST", "/cards", name="alice-secret")["id"],
        "BOB_CARD": send("bob", "POST", "/cards", name="bob-secret")["id"],
        "GIVEN": send("alice", "POST", "/cards", name="bob-secret", owner="bob")["id"],
    }
