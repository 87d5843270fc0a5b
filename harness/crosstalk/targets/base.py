"""A running system as a campaign sees it: its operations, its users, and the sharing it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from crosstalk.core.database_access import DatabaseAccess
from crosstalk.core.history import Channel, Flow
from crosstalk.core.owned_objects import OwnedObject
from crosstalk.core.policy import Policy
from crosstalk.core.principals import ALL_PRINCIPALS, Principals
from crosstalk.core.verdict import Inconclusive
from crosstalk.surface.credentials import Credentials
from crosstalk.surface.operation import Operation, Surface


@dataclass(frozen=True, slots=True)
class Target:
    """A running system, as a campaign sees it.

    Attributes:
        surfaces: Surface name to what makes its calls.
        credentials: Give what each actor presents.
        operations: Operation name to operation, as the surfaces listed them once: what is called
            and what is judged is the same list.
        reset: Empties the users' data, where the target allows it.
        forgeries: Names of spoiled credentials that `credentials` can present.
        about: Description of the target for a replay file.
        release: Ends whatever else the target holds.
        principals: The users and impostors who can take part.
        subjects: Gives the users' subjects for one example from a new nonce; by default each is
            named after the user and the nonce.
        neighbours: Forms in which users' names can be nearly the same (`core.neighbours`); none
            where they are given.
        allowed_flows: Sharing that is meant.
        accepted: Weaknesses that are known and accepted.
        untried: What the system offers and no surface calls.
        skipped: Operation to why it is not to be called.
        unproven_identity: What says who calls where no credential proves it, in words; empty
            where one does.
        not_applicable: Oracle to the reason why it cannot have an opportunity here.
        public_values: Identifying values that every user may see.
        concurrency: The most concurrent calls.
        databases: Role (`admin`, `owner`, each service) to `postgresql://` URL, where the system's
            layers can be reached one by one.
        database: The system's own database as its service reaches it, where a description says so.
        left: Says what is still held or under way in the system, where that can be seen.
        claiming: Names of headers in which impostors repeat the identity that they claim.
        credential_source: Where a person gets the users' credentials, in a sentence.
        persistent: Every example has the same users, and what they stored before is still there.
        prepare: Makes what an example begins with for these subjects, by user name, and returns the
            objects whose owners are known; what was prepared before is taken down first.
        take_down: Takes down what was prepared last.
        production: Has the system run with the limits of production from then on; None where it
            cannot, or where calls are made so slowly that none is met.
        production_soon: Lets the system do that from what it has loaded, so that it takes little
            time then; None where nothing can be prepared.
        renamed: Receives the subjects by user name, before and after users were given names that
            are alike.
        policy: Who may see what; None where nothing is declared beside `allowed_flows`.
        enrolled: Receives the subjects of each new example by user name, before its first call.
    """

    surfaces: Mapping[str, Surface]
    credentials: Credentials
    operations: Mapping[str, Operation]
    reset: Callable[[], None] | None = None
    forgeries: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    release: Callable[[], None] | None = None
    principals: Principals = ALL_PRINCIPALS
    subjects: Callable[[str], Mapping[str, str]] | None = None
    neighbours: tuple[str, ...] = ()
    allowed_flows: tuple[Flow, ...] = ()
    accepted: frozenset[Channel] = frozenset()
    unproven_identity: str = ""
    untried: tuple[Inconclusive, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    persistent: bool = False
    concurrency: int = 1
    databases: Mapping[str, str] = field(default_factory=dict)
    database: DatabaseAccess | None = None
    left: Callable[[], list[str]] | None = None
    claiming: tuple[str, ...] = ()
    public_values: frozenset[str] = frozenset()
    credential_source: str = ""
    prepare: Callable[[Mapping[str, str]], Sequence[OwnedObject]] | None = None
    take_down: Callable[[], None] | None = None
    production: Callable[[], None] | None = None
    production_soon: Callable[[], None] | None = None
    policy: Policy | None = None
    enrolled: Callable[[Mapping[str, str]], None] | None = None
    renamed: Callable[[Mapping[str, str], Mapping[str, str]], None] | None = None

    def close(self) -> None:
        """Take down what was prepared; close the connections, and whatever else is held."""
        if self.take_down is not None:
            self.take_down()
        for surface in {id(each): each for each in self.surfaces.values()}.values():
            surface.close()
        if self.release is not None:
            self.release()


def discovered(surfaces: Mapping[str, Surface]) -> dict[str, Operation]:
    """List the operations of all surfaces, by name; a surface of two names is asked once.

    Raises:
        SurfaceError: A surface does not answer.
    """
    found: dict[str, Operation] = {}
    for surface in {id(each): each for each in surfaces.values()}.values():
        found.update({each.name: each for each in surface.discover()})
    return found
