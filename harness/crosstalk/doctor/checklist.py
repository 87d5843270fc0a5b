"""The production checklist: each item is covered by the doctor's checks, or asked of a person.

docs/deploy/checklist.md is this list, for reading it before there is a deployment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosstalk.doctor.report import CheckResult, Status

# The worst status counts; a skipped check says nothing.
_WORST_FIRST = (Status.FAIL, Status.WARN, Status.SKIP, Status.OK)


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the checklist.

    Attributes:
        title: The requirement.
        checks: The doctor's checks that cover it from outside; none where a person has to answer.
        ask: Where a person looks, with the command for it.
    """

    title: str
    checks: tuple[str, ...] = ()
    ask: str = ""


CHECKLIST: Mapping[str, Sequence[Item]] = {
    "Reached": (
        Item("Every tier answers over valid TLS", ("tls", "reachable")),
        Item("Every tier is alive, and has what it depends on", ("health", "ready")),
        Item("Clocks agree within a token's leeway", ("clock",)),
    ),
    "Closed": (
        Item("Nothing of a user is served without a token", ("needs a token", "challenge")),
        Item("Figures are not public", ("metrics hidden",)),
        Item("Only the pages of the front end may call from a browser", ("cors", "origins")),
        Item("The MCP server answers to its own names alone", ("host names",)),
        Item("Answers carry protective headers and no versions", ("headers",)),
        Item(
            "Only the services reach PostgreSQL, and only who has to reaches the MCP server",
            ask="network rules: a connection from another machine is refused "
            "(docs/deploy/kubernetes.md, who reaches whom)",
        ),
    ),
    "Trusted": (
        Item("Keys of issuers are published, usable and not private", ("keys", "issuer")),
        Item("The MCP server names itself and its issuers rightly", ("metadata", "authorization")),
        Item("Two issuers cannot name different people by one user id", ("subjects",)),
        Item("A user's token is accepted where it should be", ("token", "handshake")),
        Item(
            "Every tier has secrets of its own, drawn at random, and only its own",
            ask="`crosstalk env` drew them; each tier's settings are those of its template in "
            "deploy/env and no others",
        ),
        Item(
            "Signing keys, `CURSOR_SECRET` and `BETTER_AUTH_SECRET` are the same on all replicas",
            ask="docs/deploy/replicas.md, what all replicas must have alike",
        ),
    ),
    "Apart": (
        Item(
            "Services log in as roles that own nothing and cannot bypass row-level security",
            ask="`\\du crosstalk_*` in psql: no Superuser, no Bypass RLS; `\\d tasks` shows the "
            "policy as forced",
        ),
        Item(
            "Behind a pooler in transaction mode the services know that they are",
            ask="`DATABASE_POOLER=transaction`; migrations and sign-in have the direct address "
            "(docs/deploy/pooler.md)",
        ),
        Item(
            "Nothing crosses between users here",
            ask="`crosstalk isolation` against a copy of this deployment that holds no user's data",
        ),
    ),
    "Kept": (
        Item("A backup was restored once", ask="into another database, and the pages showed it"),
        Item(
            "Pools of all replicas together fit into the database",
            ask="(DATABASE_POOL_SIZE + DATABASE_MAX_OVERFLOW) x replicas < max_connections, or "
            "there is a pooler",
        ),
        Item(
            "Expired idempotency keys are removed",
            ask="`python -m system.store prune` runs now and then",
        ),
        Item(
            "An end loses nothing",
            ask="the platform waits longer than DRAIN_SECONDS after SIGTERM, and a pause before it",
        ),
        Item(
            "Failures alert a person",
            ask="Prometheus scrapes both services; alerts on readiness, 5xx and pools "
            "(docs/operations.md, figures)",
        ),
        Item("A key was replaced once", ask="docs/key-rotation.md, on a day when nothing burns"),
    ),
}


def walk(results: Iterable[CheckResult]) -> Iterator[tuple[str, Item, Status | None]]:
    """Yield each item with its heading and status; None where a person has to answer.

    An item whose checks were not made, because no address of their kind was given, is skipped.
    """
    seen: dict[str, set[Status]] = {}
    for entry in results:
        seen.setdefault(entry.check, set()).add(entry.status)
    for heading, items in CHECKLIST.items():
        for item in items:
            found = {status for check in item.checks for status in seen.get(check, ())}
            status = next((each for each in _WORST_FIRST if each in found), Status.SKIP)
            yield heading, item, status if item.checks else None


def plain(results: Iterable[CheckResult]) -> list[dict[str, Any]]:
    """Convert the walk to plain data."""
    return [
        {"item": item.title, "status": str(status) if status else "ask", "ask": item.ask}
        for _, item, status in walk(results)
    ]


def page() -> str:
    """Format the checklist as Markdown."""
    lines: list[str] = []
    for heading, items in CHECKLIST.items():
        lines += ["", f"## {heading}", ""]
        for item in items:
            checks = ", ".join(f"`{each}`" for each in item.checks)
            lines.append(f"- [ ] {item.title}" + (f" (doctor: {checks})" if checks else ""))
            if item.ask:
                lines.append(f"  - {item.ask}")
    return "\n".join(lines).strip() + "\n"
