"""`crosstalk forgeries`: every forged credential against every surface."""

from __future__ import annotations

from rich.table import Table

from harness.commands.isolation import running_target
from harness.errors import HarnessError
from harness.history import Actor, Answer, Outcome
from harness.isolation.campaign import Target
from harness.report.console import make_console
from harness.report.runs import open_run
from harness.surface.operation import Operation
from harness.tokens import FORGERIES

SURFACES = {
    "REST": ("rest:GET /api/{user_id}/tasks", {"user_id": "alice"}),
    "chat": ("chat:POST /api/chat", {"message": "show my tasks"}),
    "MCP tools": ("mcp:list_tasks", {"user_id": "alice"}),
}


def run() -> int:
    """Print the table of kinds by surfaces; 0 when all were refused with 401."""
    console = make_console()
    folder = open_run("forgeries")
    accepted: list[dict[str, str]] = []
    table = Table("forgery", "source", *SURFACES)
    with running_target(folder.path, None) as target:
        operations = target.operations()
        _control(target, operations)
        for forgery in FORGERIES:
            cells = []
            for surface in SURFACES:
                answer = _attempt(target, operations, surface, forgery.name)
                refused = answer.status == 401 and "www-authenticate" in answer.headers
                cells.append(str(answer.status) if refused else f"ACCEPTED {answer.status}")
                if not refused:
                    accepted.append({"kind": forgery.name, "surface": surface})
            table.add_row(forgery.name, forgery.source, *cells)
    console.print(table)
    attempts = len(FORGERIES) * len(SURFACES)
    path = folder.write_summary(
        {
            "kinds": len(FORGERIES),
            "surfaces": list(SURFACES),
            "attempts": attempts,
            "accepted": accepted,
        }
    )
    console.print(
        f"{len(FORGERIES)} kinds, {attempts} attempts, {len(accepted)} accepted; "
        f"a genuine token was served everywhere; summary: {path}",
        markup=False,
        soft_wrap=True,
    )
    return 1 if accepted else 0


def _attempt(
    target: Target, operations: dict[str, Operation], surface: str, forgery: str | None
) -> Answer:
    name, arguments = SURFACES[surface]
    operation = operations[name]
    user = None if forgery else "alice"
    actor = Actor("forger" if forgery else "alice", user, "alice", forgery)
    headers = target.credentials.headers(actor, "alice", operation.surface)
    return target.surfaces[operation.surface].call(operation, arguments, headers)


def _control(target: Target, operations: dict[str, Operation]) -> None:
    """A refusal means something only where the genuine token is served."""
    for surface in SURFACES:
        answer = _attempt(target, operations, surface, None)
        if answer.outcome is not Outcome.OK:
            raise HarnessError(
                f"a genuine token is not served on {surface} ({answer.status} {answer.code}): "
                "the forgeries would prove nothing"
            )
