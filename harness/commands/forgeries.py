"""`crosstalk forgeries`: every forged credential against every surface."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx2
from rich.table import Table

from harness.environment import ProcessEnvironment, ProcessOptions, RunningProcesses
from harness.report.console import make_console
from harness.report.runs import open_run
from harness.surface.mcp import tool_call
from harness.tokens import BACKEND_AUDIENCE, FORGERIES, ForgeryContext, LocalIssuer
from harness.tokens.controls import try_controls
from harness.tokens.trial import ForgeryReport, http_target, try_forgeries


def run() -> int:
    """Print kinds by surfaces; 0 when all were refused and every crippled verifier was caught."""
    console = make_console()
    folder = open_run("forgeries")
    with ProcessEnvironment(ProcessOptions(run_folder=folder.path)) as running:
        report, missed = asyncio.run(_try(running))
    console.print(_table(report))
    path = folder.write_summary({**report.summary(), "missed_controls": missed})
    for check in missed:
        console.print(f"a verifier without {check!r} was not caught", style="red", markup=False)
    figures = report.summary()
    console.print(
        f"{report.verdict}: {figures['kinds']} kinds on {figures['surfaces']} surfaces, "
        f"{figures['attempts']} attempts, {len(figures['accepted'])} accepted; summary: {path}",
        markup=False,
        soft_wrap=True,
    )
    return 0 if report.verdict == "clean" and not missed else 1


async def _try(running: RunningProcesses) -> tuple[ForgeryReport, list[str]]:
    stranger = LocalIssuer.create("http://127.0.0.1:9/stranger")
    backend = ForgeryContext(
        running.issuer, stranger, "alice", BACKEND_AUDIENCE, running.mcp_url, running.exchanger
    )
    mcp = replace(
        backend,
        audience=running.mcp_url,
        other_audience=BACKEND_AUDIENCE,
        trusts_exchanger=True,
    )
    headers, message = tool_call("list_tasks", {"user_id": "alice"})
    async with httpx2.AsyncClient(timeout=30.0) as client:
        targets = {
            "REST": http_target(
                client, "GET", f"{running.backend_url}/api/alice/tasks", context=backend
            ),
            "chat": http_target(
                client,
                "POST",
                f"{running.backend_url}/api/chat",
                json={"message": "show my tasks"},
                context=backend,
            ),
            "MCP tools": http_target(
                client, "POST", running.mcp_url, json=message, headers=headers, context=mcp
            ),
        }
        report = await try_forgeries(targets, backend)
    _, missed = await try_controls(backend)
    return report, missed


def _table(report: ForgeryReport) -> Table:
    rows = report.table()
    surfaces = list(dict.fromkeys(name for row in rows.values() for name in row))
    table = Table("forgery", "source", *surfaces)
    sources = {each.name: each.source for each in FORGERIES}
    for name, row in rows.items():
        cells = [
            f"{row[each].verdict} {row[each].status or ''}" for each in surfaces if each in row
        ]
        table.add_row(name, sources.get(name, "control"), *cells)
    return table
