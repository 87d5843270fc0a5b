"""The reference system as a campaign's target: its surfaces, credentials and reset."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import asyncpg

from crosstalk.core.history import Actor
from crosstalk.core.neighbours import ALL_FORMS, FORMS_OF_TWO_ISSUERS
from crosstalk.core.principals import ALL_PRINCIPALS, PRINCIPALS_WITH_SESSIONS
from crosstalk.environment import EnvironmentFailed, RunningSystem
from crosstalk.environment.backends.quiescence import Quiescence
from crosstalk.surface import (
    NOTHING,
    ChatKitSurface,
    Presented,
    RestSurface,
    Surface,
    UsualPaths,
    stateless_protocol,
    stateless_resources,
    stateless_tools,
)
from crosstalk.targets.base import Target, discovered
from crosstalk.targets.reference.limits import production_limits
from crosstalk.targets.reference.policy import ADMINISTRATOR, sharing_policy
from crosstalk.targets.reference.sessions import OwnSessions, open_sessions
from crosstalk.targets.reference.sign_in import SignIn
from crosstalk.targets.reference.signed_in import SignedInCredentials
from crosstalk.targets.rules_judged import oracles_without_rules
from crosstalk.targets.session_theft import SessionTheft
from crosstalk.tokens import BACKEND_AUDIENCE, FORGERIES, Forgery, ForgeryContext, LocalIssuer

# The subject under which operations are discovered, before any user calls.
DISCOVERER = "discovery"
# Longer than fifty campaigns one after the other.
_TTL_SECONDS = 12 * 3_600
# Enough for a run; the forgery session tries them all on every surface.
FIRST_FORGERIES = (
    "expired",
    "wrong-audience",
    "wrong-issuer",
    "wrong-key",
    "alg-none",
    "hmac-with-public-key",
    "iss-of-a-stranger",
    "kid-prefixed",
    "exchanger-impersonated-by-issuer",
)


@dataclass(slots=True)
class MintedCredentials:
    """Bearer tokens from the test issuer, one a subject and audience, reused while they live."""

    issuer: LocalIssuer
    stranger: LocalIssuer
    audiences: Mapping[str, str]
    forgeries: Mapping[str, Forgery]
    exchanger: LocalIssuer | None = None
    _minted: dict[tuple[str, str], str] = field(default_factory=dict)

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return the bearer token of this actor on this surface, or nothing."""
        audience = self.audiences[surface]
        if actor.user is not None:
            key = (subject, audience)
            if key not in self._minted:
                self._minted[key] = self.issuer.mint_for(
                    subject, audience=audience, ttl=_TTL_SECONDS
                )
            return Presented.bearer(self._minted[key])
        if actor.forgery is None:
            return NOTHING
        others = [each for each in self.audiences.values() if each != audience]
        context = ForgeryContext(
            self.issuer, self.stranger, subject, audience, others[0], self.exchanger
        )
        header = self.forgeries[actor.forgery].build(context)
        return Presented({"Authorization": header}) if header is not None else NOTHING


class Eraser:
    """Empties the users' tables between examples, and appoints the next one's administrator.

    Over one kept connection.
    """

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(asyncpg.connect(url))

    def __call__(self) -> None:
        """Delete all users' data."""
        # Deleting beats TRUNCATE where tables are small: no files are made anew.
        for table in ('"user"', "administrators", "disabled_accounts"):
            self._run(f"DELETE FROM {table}")  # noqa: S608 - constants

    def appoint(self, subjects: Mapping[str, str]) -> None:
        """Make one of these users the administrator, as an operator would."""
        subject = subjects[ADMINISTRATOR]
        self._run("INSERT INTO administrators (user_id) VALUES ($1)", subject)

    def _run(self, statement: str, *values: str) -> None:
        self._loop.run_until_complete(self._connection.execute(statement, *values))

    def close(self) -> None:
        """Close the connection."""
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()


def forgeries_of(running: RunningSystem) -> tuple[str, ...]:
    """Those that are forged there: of an attached system only the backend's key is known."""
    genuine = "exchanger-impersonated-by-issuer" if running.issuer is running.exchanger else None
    return tuple(each for each in FIRST_FORGERIES if each != genuine)


def reference_target(running: RunningSystem, about: Mapping[str, str]) -> Target:
    """Return the running reference system as a target; close it before the system ends.

    Where its frontend runs, every user signs up there and brings its tokens.

    Raises:
        EnvironmentFailed: Users' data may not be deleted there.
    """
    rest = RestSurface(running.backend_url, elsewhere=("/chatkit",))
    chatkit = ChatKitSurface(f"{running.backend_url}/chatkit")
    looking = running.mint(DISCOVERER, audience="mcp", ttl=_TTL_SECONDS)
    discovery = replace(Presented.bearer(looking), connection=DISCOVERER)
    sessions = open_sessions(running.mcp_url, discovery)
    mcp = stateless_tools(running.mcp_url, discovery, transport=sessions)
    resources = stateless_resources(running.mcp_url, discovery)
    minted = MintedCredentials(
        issuer=running.issuer,
        stranger=LocalIssuer.create("http://127.0.0.1:9/stranger", ("EdDSA", "ES256", "RS256")),
        audiences={
            "rest": BACKEND_AUDIENCE,
            "chat": BACKEND_AUDIENCE,
            "chatkit": BACKEND_AUDIENCE,
            "mcp": running.mcp_url,
            "mcp-resources": running.mcp_url,
            "mcp-protocol": running.mcp_url,
            "mcp-paths": running.mcp_url,
            "rest-paths": BACKEND_AUDIENCE,
        },
        forgeries={each.name: each for each in FORGERIES},
        # Known by its name alone: a forger has no key of it.
        exchanger=LocalIssuer.create(running.backend_url, ("EdDSA",)),
    )
    if "admin" not in running.databases:
        raise EnvironmentFailed(
            "between examples users' data is deleted: allow it with --disposable-data, and say in "
            "the attached system's file where its database is (POSTGRES_PORT)"
        )
    erase = Eraser(running.databases["admin"])
    signed_in = None
    if running.frontend_url is not None:
        signed_in = SignedInCredentials(SignIn(running.frontend_url), minted)

    credentials = signed_in or minted
    # Only services that were started here are known to trust the second issuer.
    forms = FORMS_OF_TWO_ISSUERS if running.services else ALL_FORMS
    quiescence = Quiescence(running.databases["admin"], running.metrics_urls)

    def left() -> list[str]:
        # A session that is open is kept on purpose.
        if sessions is not None:
            sessions.end_sessions()
        return quiescence.left()

    def release() -> None:
        erase.close()
        if signed_in is not None:
            signed_in.close()

    surfaces: dict[str, Surface] = {
        "rest": rest,
        "chat": rest,
        "chatkit": chatkit,
        "mcp": mcp,
        "mcp-resources": resources,
        "mcp-protocol": stateless_protocol(running.mcp_url, discovery),
        "mcp-paths": UsualPaths(_origin(running.mcp_url), "mcp-paths"),
    }
    operations = discovered(surfaces)
    reading = [each for each in operations if each.startswith("rest:GET ")]
    paths = [each.removeprefix("rest:GET ") for each in reading]
    surfaces["rest-paths"] = UsualPaths(running.backend_url, "rest-paths", paths)
    operations |= discovered({"rest-paths": surfaces["rest-paths"]})
    principals = PRINCIPALS_WITH_SESSIONS if sessions else ALL_PRINCIPALS
    policy = sharing_policy(principals)
    production = None if sessions else production_limits(running)
    return Target(
        surfaces=surfaces,
        operations=operations,
        credentials=SessionTheft(OwnSessions(credentials)) if sessions else credentials,
        reset=erase,
        forgeries=forgeries_of(running),
        about=about,
        principals=principals,
        release=release,
        subjects=signed_in.enroll if signed_in else None,
        neighbours=() if signed_in else forms,
        concurrency=8,
        # Policies are changed for a while: only in a database that was made for this run.
        databases=running.databases if running.services else {},
        left=left,
        production=production,
        production_soon=production.prepare if production is not None else None,
        policy=policy,
        enrolled=erase.appoint,
        not_applicable={
            **oracles_without_rules(policy, operations),
            "escalation": "undeclared fields are refused",
            "delegation": "no tool of the agent is reserved",
        },
        claiming=("X-User-Id", "X-Forwarded-User", "X-Debug-User"),
        credential_source=(
            "Where from: crosstalk up, then crosstalk mint --user NAME, for MCP with "
            "--audience mcp, where NAME is the value of ALICE and the like"
        ),
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
