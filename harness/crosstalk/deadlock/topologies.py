"""The declared topologies: the reference system, and the usual arrangements of the same tiers.

Each declares what one request acquires and releases, in order. `loadtests/topologies` has a small
running application for each of them, and the load run compares the model's prediction with what
happens. The reference system's declaration is compared with a trace of the running system as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from crosstalk.deadlock.program import (
    Acquire,
    Either,
    Program,
    Release,
    Repeat,
    Request,
    Resource,
    Step,
    Topology,
    holding,
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Capacities of the resources.

    Attributes:
        pool: Connections of a service's pool to PostgreSQL, overflow included.
        workers: Worker threads that run synchronous endpoints and tools.
        calls: HTTP connections from one service to another.
        model: HTTP connections to the model.
        turns: Agents that run concurrently in the reference system's backend.
    """

    pool: int = 15
    workers: int = 40
    calls: int = 100
    model: int = 1_000
    turns: int = 400


@dataclass(frozen=True, slots=True)
class _Parts:
    backend_pool: Resource
    mcp_pool: Resource
    worker: Resource
    to_mcp: Resource
    to_backend: Resource
    to_model: Resource
    turn: Resource


def topologies(sizes: Sizes | None = None) -> dict[str, Topology]:
    """Return the declared topologies by name; the reference system's come first."""
    sizes = sizes or Sizes()
    parts = _Parts(
        backend_pool=Resource("backend pool connection", sizes.pool),
        mcp_pool=Resource("MCP pool connection", sizes.pool),
        worker=Resource("worker thread", sizes.workers),
        to_mcp=Resource("HTTP connection to MCP", sizes.calls),
        to_backend=Resource("HTTP connection to the backend", sizes.calls),
        to_model=Resource("HTTP connection to the model", sizes.model),
        turn=Resource("agent's turn", sizes.turns),
    )
    declared = (
        *_ours(parts),
        _mounted_held_session(parts),
        _mounted_nothing_held(parts),
        _separate_held_sync_session(parts),
        _separate_callback_bounded_workers(parts),
        _mounted_sync_endpoints(parts),
        _shared_singleton_connection(parts),
    )
    return {each.name: each for each in declared}


def _ours(parts: _Parts) -> tuple[Topology, ...]:
    """Declare the reference system, in its three ways to the data."""
    direct = holding(parts.mcp_pool)
    through = holding(parts.to_backend, *holding(parts.backend_pool))
    separate = "MCP server in a process of its own; nothing is held across a call"
    return (
        Topology("separate", f"{separate}.", _requests_of_ours(parts, direct)),
        Topology(
            "separate-through-rest",
            f"{separate}; MCP reaches data through the backend's REST.",
            _requests_of_ours(parts, through),
        ),
        Topology(
            "separate-hybrid",
            f"{separate}; MCP reads data itself and writes through the backend's REST.",
            _requests_of_ours(parts, (Either((direct, through)),)),
        ),
    )


def _requests_of_ours(parts: _Parts, data: Program) -> tuple[Request, ...]:
    transaction = holding(parts.backend_pool)
    # A call to MCP may list the tools, which needs no data.
    call = holding(parts.to_mcp, Repeat(data))
    think = holding(parts.to_model)
    run = holding(parts.turn, Repeat((Either((call, think)),)))
    # A chat whose answer is stored already runs no agent.
    chat = (Repeat(transaction), Repeat(run), Repeat(transaction))
    return (
        Request("chat", chat),
        Request("REST request", (Repeat(transaction),)),
        Request("tool call", (Repeat(data),)),
    )


def _mounted_held_session(parts: _Parts) -> Topology:
    tool = holding(parts.to_mcp, *holding(parts.backend_pool))
    return Topology(
        "mounted-held-session",
        "MCP server mounted in the backend, on its pool; the endpoint keeps its session open "
        "while it calls a tool.",
        (Request("chat", holding(parts.backend_pool, *tool)),),
    )


def _mounted_nothing_held(parts: _Parts) -> Topology:
    transaction = holding(parts.backend_pool)
    tool = holding(parts.to_mcp, *transaction)
    return Topology(
        "mounted-nothing-held",
        "MCP server mounted in the backend, on its pool; the session is closed before the call.",
        (Request("chat", (*transaction, *tool, *transaction)),),
    )


def _separate_held_sync_session(parts: _Parts) -> Topology:
    loop = Resource("backend event loop", 1)
    return Topology(
        "separate-held-sync-session",
        "MCP server in a process of its own; an async endpoint keeps a synchronous session open "
        "while it calls a tool.",
        (
            Request(
                "chat",
                (
                    # A synchronous wait for a connection keeps the loop.
                    *(Acquire(loop), Acquire(parts.backend_pool), Release(loop)),
                    *holding(parts.to_mcp, *holding(parts.mcp_pool)),
                    *(Acquire(loop), Release(parts.backend_pool), Release(loop)),
                ),
            ),
        ),
    )


def _endpoint(parts: _Parts, *body: Step) -> Program:
    """Declare a synchronous endpoint: FastAPI validates its response on a worker thread too."""
    return (*holding(parts.worker, *body), *holding(parts.worker))


def _separate_callback_bounded_workers(parts: _Parts) -> Topology:
    rest = _endpoint(parts, *holding(parts.backend_pool))
    tool = holding(parts.to_mcp, *holding(parts.to_backend, *rest))
    return Topology(
        "separate-callback-bounded-workers",
        "MCP server in a process of its own that asks the backend's REST; chat and REST run on "
        "one bounded pool of worker threads.",
        (Request("chat", _endpoint(parts, *tool)),),
    )


def _mounted_sync_endpoints(parts: _Parts) -> Topology:
    tool = holding(parts.to_mcp, *holding(parts.worker, *holding(parts.backend_pool)))
    return Topology(
        "mounted-sync-endpoints",
        "MCP server mounted in the backend; endpoints and tools are synchronous and share the "
        "worker threads.",
        (Request("chat", _endpoint(parts, *tool)),),
    )


def _shared_singleton_connection(parts: _Parts) -> Topology:
    lock = Resource("lock of the shared MCP connection", 1)
    tool = holding(lock, *holding(parts.mcp_pool))
    transaction = holding(parts.backend_pool)
    return Topology(
        "shared-singleton-connection",
        "MCP server in a process of its own; all users share one MCP connection, whose lock lets "
        "one request through at a time.",
        (Request("chat", (*transaction, *tool, *transaction)),),
    )
