"""Who takes part: three users, one of them also as an impostor, and a stranger."""

from __future__ import annotations

from dataclasses import dataclass

from crosstalk.core.history import Actor

USERS = ("alice", "bob", "carol")
ALICE, BOB, CAROL = (Actor(name, name, name) for name in USERS)
# Carries bob's credential and says to be alice wherever an argument or path asks who.
IMPOSTOR = Actor("bob-with-alice's-id", "bob", "alice")
# Carries bob's token and is alice in everything else: in arguments, and by her session.
HIJACKER = Actor("bob-on-alice's-session", "bob", "alice", "another's session")
ANONYMOUS = Actor("anonymous", None, "alice")

# Stores something before each example and each replay, and takes no other part.
BYSTANDER = Actor("bystander", "bystander", "bystander")

MEMBERS = (ALICE, BOB, CAROL)
BY_USER = {actor.name: actor for actor in MEMBERS}


@dataclass(frozen=True, slots=True)
class Cast:
    """Who can take part against a target.

    Attributes:
        members: Users with accounts, each with a credential of their own.
        impostors: Those who say to be somebody else than their credential does; nobody where
            no credential shows who somebody is.
        strangers: Those without a credential, where the system asks for one.
        bystander: Stores something before each example; nobody where users cannot be made up.
    """

    members: tuple[Actor, ...] = MEMBERS
    impostors: tuple[Actor, ...] = (IMPOSTOR,)
    strangers: tuple[Actor, ...] = (ANONYMOUS,)
    bystander: Actor | None = BYSTANDER


EVERYBODY = Cast()
WITH_SESSIONS = Cast(impostors=(IMPOSTOR, HIJACKER))


def forger(kind: str) -> Actor:
    """Somebody with alice's token spoiled in the named way."""
    return Actor(f"forger ({kind})", None, "alice", kind)
