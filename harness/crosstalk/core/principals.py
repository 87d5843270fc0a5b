"""Principals of a campaign: three users, impostors of one of them, and a stranger."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crosstalk.core.history import Actor

USERS = ("alice", "bob", "carol")
ALICE, BOB, CAROL = (Actor(name, name, name) for name in USERS)
# Carries bob's credential and says to be alice wherever an argument or path asks who.
IMPOSTOR = Actor("bob-with-alice's-id", "bob", "alice")
# Carries bob's token and is alice in everything else: in arguments, and by her session.
HIJACKER = Actor("bob-on-alice's-session", "bob", "alice", "another's session")
ANONYMOUS = Actor("anonymous", None, "alice")

# Another client that presents what alice presents, where no credential proves who calls.
ANYBODY = Actor("anybody-as-alice", "alice", "alice")

# Stores something before each example and each replay, and takes no other part.
BYSTANDER = Actor("bystander", "bystander", "bystander")

MEMBERS = (ALICE, BOB, CAROL)
BY_USER = {actor.name: actor for actor in MEMBERS}


@dataclass(frozen=True, slots=True)
class Principals:
    """The actors of a campaign against one target.

    Attributes:
        members: Users with accounts, each with a credential of their own.
        impostors: Actors that claim another user's identity than their credential proves; none
            where no credential proves an identity.
        strangers: Actors without a credential, where the system asks for one.
        bystander: Stores something before each example; None where users cannot be made up.
    """

    members: tuple[Actor, ...] = MEMBERS
    impostors: tuple[Actor, ...] = (IMPOSTOR,)
    strangers: tuple[Actor, ...] = (ANONYMOUS,)
    bystander: Actor | None = BYSTANDER


ALL_PRINCIPALS = Principals()
PRINCIPALS_WITH_SESSIONS = Principals(impostors=(IMPOSTOR, HIJACKER))


def with_names(actor: str, names: Mapping[str, str]) -> str:
    """Return an actor's name with the users in it called as a description calls them.

    Args:
        actor: E.g. `bob-with-alice's-id`.
        names: Principal to the description's name.
    """
    return re.sub(r"[a-z]+", lambda word: names.get(word[0], word[0]), actor)


def simpler_actors(actor: Actor, forgeries: Sequence[str] = ()) -> tuple[Actor, ...]:
    """Return plainer actors that may do for this one, the plainest first.

    Args:
        actor: The one in question.
        forgeries: Kinds of forged credentials. Where a server accepts several, the first in this
            order stands for them, so that every run names the same.
    """
    if actor == ANYBODY:
        return ()
    if actor.user is None and actor.forgery in forgeries:
        earlier = forgeries[: forgeries.index(actor.forgery)]
        return (ANONYMOUS, *map(forger, earlier))
    if actor.user is None:
        return (ANONYMOUS,) if actor != ANONYMOUS else ()
    plain = Actor(actor.user, actor.user, actor.user)
    claiming = Actor(f"{actor.user}-with-{actor.claims}'s-id", actor.user, actor.claims)
    return tuple(each for each in (plain, claiming) if each != actor) if plain != actor else ()


def forger(kind: str) -> Actor:
    """Return an actor that carries alice's token, spoiled in the named way."""
    return Actor(f"forger ({kind})", None, "alice", kind)
