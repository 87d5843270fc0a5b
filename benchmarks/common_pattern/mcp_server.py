"""MCP server of the common pattern: five synchronous tools that trust `user_id`."""

from __future__ import annotations

import argparse
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from sqlmodel import Session, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.common_pattern.tables import Task, make_tables, open_engine

server: MCPServer[Any] = MCPServer("tasks")
engine = open_engine()


@server.tool()
def add_task(user_id: str, title: str, description: str | None = None) -> dict[str, Any]:
    """Create a new task for the user."""
    with Session(engine) as session:
        task = Task(user_id=user_id, title=title, description=description)
        session.add(task)
        session.commit()
        session.refresh(task)
        return {"task_id": task.id, "status": "created", "title": task.title}


@server.tool()
def list_tasks(user_id: str, status: str = "all") -> list[dict[str, Any]]:
    """List the user's tasks: all, pending or completed."""
    with Session(engine) as session:
        statement = select(Task).where(Task.user_id == user_id)
        if status != "all":
            statement = statement.where(Task.completed == (status == "completed"))
        return [task.model_dump(mode="json") for task in session.exec(statement).all()]


@server.tool()
def complete_task(user_id: str, task_id: int) -> dict[str, Any]:
    """Mark a task as completed."""
    with Session(engine) as session:
        task = session.get(Task, task_id)
        if task is None or task.user_id != user_id:
            return {"error": "Task not found"}
        task.completed = True
        session.add(task)
        session.commit()
        return {"task_id": task_id, "status": "completed"}


@server.tool()
def delete_task(user_id: str, task_id: int) -> dict[str, Any]:
    """Delete a task."""
    with Session(engine) as session:
        task = session.get(Task, task_id)
        if task is None or task.user_id != user_id:
            return {"error": "Task not found"}
        session.delete(task)
        session.commit()
        return {"task_id": task_id, "status": "deleted"}


@server.tool()
def update_task(user_id: str, task_id: int, title: str | None = None) -> dict[str, Any]:
    """Change a task's title."""
    with Session(engine) as session:
        task = session.get(Task, task_id)
        if task is None or task.user_id != user_id:
            return {"error": "Task not found"}
        task.title = title or task.title
        session.add(task)
        session.commit()
        return {"task_id": task_id, "status": "updated"}


async def health(request: Request) -> Response:
    """Answer that the process is alive."""
    return JSONResponse({"status": "ok"})


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    make_tables(engine)
    app: Starlette = server.streamable_http_app(
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    app.router.routes.append(Route("/health", health))
    port = parser.parse_args().port
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
