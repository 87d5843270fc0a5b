"""Users of a description: those it lists, names of made-up ones, and the sharing it means."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping

from crosstalk.core.history import Flow
from crosstalk.core.neighbours import EXACT_FORMS, PLAIN_FORMS
from crosstalk.core.policy import Person
from crosstalk.core.principals import ALL_PRINCIPALS, HIJACKER, Principals
from crosstalk.surface.operation import Operation, Role
from crosstalk.targets.described.config import TargetConfig, qualified
from crosstalk.targets.described.credentials import DescribedCredentials
from crosstalk.targets.described.identity import UserConfig
from crosstalk.targets.described.loading import TargetFileError
from crosstalk.targets.described.login.base import SURFACE as LOGIN
from crosstalk.targets.described.login.config import HEADER_CARRIERS
from crosstalk.targets.described.people import attributes_of, people_of
from crosstalk.targets.described.placeholders import filled
from crosstalk.targets.described.proof import proves

# Hexadecimal digits to letters, for systems whose names have nothing else.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
# Names of these forms have no neighbours.
# With the longest of our names it is of 15 letters: systems of such names take few more.
_MOST_LETTERS = 6
_FORMED = ("{letters}", "{uuid}", "{number}")


def users_of(config: TargetConfig) -> dict[str, tuple[str, UserConfig]]:
    """Map each listed user's subject to the principal's name and their description."""
    members = [actor.name for actor in ALL_PRINCIPALS.members]
    return {
        user.subject or name: (member, user)
        for member, (name, user) in zip(members, config.users.items(), strict=False)
    }


def enrolled(
    users: Mapping[str, tuple[str, UserConfig]], credentials: DescribedCredentials
) -> dict[str, tuple[str, UserConfig]]:
    """Replace the subjects that the file leaves out by those that the system's login gives.

    Raises:
        CredentialError: A login is refused, or no answer has the subject.
    """
    enrolling = credentials.enrolling()
    return {
        (enrolling.enroll(subject) if enrolling and not user.subject else subject): (member, user)
        for subject, (member, user) in users.items()
    }


def discovery_subject(
    config: TargetConfig,
    users: Mapping[str, tuple[str, UserConfig]],
    credentials: DescribedCredentials,
) -> str:
    """Return the subject that lists the tools: the first listed user, or a made-up one.

    A made-up one is of a tenant where users are: a system may refuse whoever is of none.

    Raises:
        CredentialError: A login is refused, or no answer has the subject.
    """
    if users:
        return next(iter(users))
    nonce = secrets.token_hex(4)
    like = next(iter(people_of(config).values()))
    own = attributes_of(config, like, nonce)
    subject: str = filled(_made_up(config, "discovery", nonce, 7), own)
    _know(credentials, subject, own)
    enrolling = credentials.enrolling()
    if enrolling is not None:
        subject = enrolling.enroll(subject)
        _know(credentials, subject, own)
    return subject


def _know(credentials: DescribedCredentials, subject: str, attributes: dict[str, str]) -> None:
    """Have every surface's credentials know what stands for `{tenant}` and `{role}` of a user."""
    for each in credentials.all:
        each.people.attributes[subject] = attributes


def principals_of(
    config: TargetConfig,
    users: Mapping[str, tuple[str, UserConfig]],
    operations: Iterable[Operation],
) -> Principals:
    """Choose the principals: impostors where an identity can be claimed, strangers where one is
    proven.

    Args:
        config: The description.
        users: Those that it lists.
        operations: That can be called: a path may name the caller though the file does not say so.
    """
    identities = config.identities()
    told = any(
        each.surface != LOGIN and each.parameter(Role.IDENTITY) is not None for each in operations
    )
    claimable = any(
        set(each.by) - {"argument", "none"} and (each.arguments or told)
        for each in identities.values()
    )
    impostors = ALL_PRINCIPALS.impostors if claimable else ()
    mcp = identities.get("mcp")
    sessions = config.mcp is not None and config.mcp.transport in ("streamable-http-older", "sse")
    by_header = mcp is not None and (
        (mcp.needs_tokens(config.urls("mcp")) and set(mcp.by) & {"bearer", "header"})
        or (mcp.login is not None and mcp.login.carrier in HEADER_CARRIERS)
    )
    if sessions and by_header:
        # A session must not go on under another user's token.
        impostors = (*impostors, HIJACKER)
    return Principals(
        members=ALL_PRINCIPALS.members[: len(users)] if users else ALL_PRINCIPALS.members,
        impostors=impostors,
        strangers=ALL_PRINCIPALS.strangers if proves(config) else (),
        bystander=None if users else ALL_PRINCIPALS.bystander,
    )


def naming_of(
    config: TargetConfig,
    users: Mapping[str, tuple[str, UserConfig]],
    credentials: DescribedCredentials,
) -> Callable[[str], Mapping[str, str]]:
    """Return a function from a new nonce to the users' subjects for one example.

    They are those of the listed users, or made up as the file says; where a login says by which id
    the system knows a user, each is signed up and logged in for it.
    """
    enrolling = credentials.enrolling()
    people = dict(people_of(config))

    def attributes(nonce: str = "") -> dict[str, dict[str, str]]:
        return {name: attributes_of(config, each, nonce) for name, each in people.items()}

    def know(subjects: Mapping[str, str], attributes: Mapping[str, dict[str, str]]) -> None:
        for name, subject in subjects.items():
            if name in people:
                _know(credentials, subject, attributes[name])
                for each in credentials.all:
                    each.people.called[subject] = people[name].called or name

    if users:
        fixed = {member: subject for subject, (member, _) in users.items()}
        know(fixed, attributes())
        return lambda _nonce: fixed
    names = [*(actor.name for actor in ALL_PRINCIPALS.members)]
    if (bystander := ALL_PRINCIPALS.bystander) is not None:
        names.append(bystander.name)
        if tenants := {each.tenant for each in people.values() if each.tenant}:
            # Of a tenant as well: a system may refuse whoever is of none.
            people[bystander.name] = Person(bystander.name, f"tenant-{len(tenants) + 1}")

    nobody = {"tenant": "", "role": ""}

    def made_up(nonce: str) -> dict[str, str]:
        known = attributes(nonce)
        named = {
            name: filled(_made_up(config, name, nonce, number), known.get(name, nobody))
            for number, name in enumerate(names)
        }
        if enrolling is not None:
            # A sign-up may say which tenant and role its user has.
            know(named, known)
            named = {name: enrolling.enroll(chosen) for name, chosen in named.items()}
        know(named, known)
        return named

    return made_up


def neighbours_of(
    config: TargetConfig,
    users: Mapping[str, tuple[str, UserConfig]],
    credentials: DescribedCredentials,
) -> tuple[str, ...]:
    """Return the forms in which made-up users' names can be nearly the same.

    None where users exist already, where the system says what they are called, or where names are
    numbers, UUIDs or letters alone. Names that differ in case may well be meant to be one user's,
    unless they are the subjects of tokens, which are compared exactly.
    """
    formed = any(each in config.user_names for each in _FORMED)
    if users or credentials.enrolling() is not None or formed:
        return ()
    exact = all(
        identity.mint is not None and not identity.login
        for identity in config.identities().values()
    )
    return EXACT_FORMS if exact and "@" not in config.user_names else PLAIN_FORMS


def _made_up(config: TargetConfig, name: str, nonce: str, number: int) -> str:
    return (
        config.user_names.replace("{user}", name)
        .replace("{nonce}", nonce)
        .replace("{letters}", nonce[-_MOST_LETTERS:].translate(_LETTERS))
        .replace("{uuid}", str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name}-{nonce}")))
        .replace("{number}", str(int(nonce, 16) * 8 + number))
    )


def flows_of(config: TargetConfig, operations: Mapping[str, Operation]) -> tuple[Flow, ...]:
    """Return the sharing that is meant, with the principals' names for the file's users.

    What is public shows the same to every user, but for what is asked about a user by their login's
    name (`POST /forgot`): anyone may ask, and is told nothing that is a user's.

    Args:
        config: The description.
        operations: What is called.

    Raises:
        TargetFileError: A flow names a user who is not listed.
    """
    members = {name: member for _, (member, _), name in _named(config)}

    def who(name: str) -> str:
        if name == "*" or name in members.values():
            return name
        if name not in members:
            raise TargetFileError(
                f"allowed_flows names {name!r}, who is not listed: add them under [users]"
            )
        return members[name]

    flows = [
        Flow(who(each.source), who(each.target), frozenset(map(qualified, each.tools)))
        for each in config.allowed_flows
    ]
    named = [name for name, tool in config.tools.items() if tool.public]
    named += config.rest.public if config.rest is not None else []
    about_users = {
        name
        for name, each in operations.items()
        if not each.reads_only
        and any(e.required and e.role is Role.IDENTITY for e in each.parameters)
    }
    public = frozenset(map(qualified, named)) - about_users
    return (*flows, Flow("*", "*", public)) if public else tuple(flows)


def _named(config: TargetConfig) -> list[tuple[str, tuple[str, UserConfig], str]]:
    return [
        (subject, user, name)
        for (subject, user), name in zip(users_of(config).items(), config.users, strict=False)
    ]
