"""Backend of the common pattern: a shared MCP connection, synchronous sessions."""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import uvicorn
from agents import Agent, Runner, set_tracing_disabled
from agents.items import TResponseInputItem
from agents.mcp import MCPServerStreamableHttp
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlmodel import Session, asc, select

from benchmarks.common_pattern.tables import Conversation, Message, Task, make_tables, open_engine

# Traces would leave the machine; copies that send them do more than this one.
set_tracing_disabled(True)
engine = open_engine()
mcp_server = MCPServerStreamableHttp(
    {"url": os.environ["MCP_URL"]},
    name="tasks",
    cache_tools_list=True,
    client_session_timeout_seconds=60,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Connect once for all users."""
    make_tables(engine)
    await mcp_server.connect()  # type: ignore[no-untyped-call]
    yield
    await mcp_server.cleanup()  # type: ignore[no-untyped-call]


app = FastAPI(lifespan=lifespan)
# Copies do not: the session of the endpoint is open, on a connection, while the agent runs.
CLOSES_IN_TIME = os.environ.get("CLOSES_IN_TIME") == "1"


def get_session() -> Iterator[Session]:
    """Yield a session for a request."""
    with Session(engine) as session:
        yield session


class ChatRequest(BaseModel):
    """A message."""

    message: str
    conversation_id: int | None = None


class TaskRequest(BaseModel):
    """A task."""

    title: str


@app.get("/health")
async def health() -> dict[str, str]:
    """Answer that the process is alive."""
    return {"status": "ok"}


@app.post("/api/{user_id}/tasks", status_code=201)
async def add_task(user_id: str, request: TaskRequest) -> dict[str, Any]:
    """Add a task."""
    with Session(engine) as session:
        task = Task(user_id=user_id, title=request.title)
        session.add(task)
        session.commit()
        return {"id": task.id}


@app.post("/api/{user_id}/chat")
async def chat(
    user_id: str, request: ChatRequest, session: Annotated[Session, Depends(get_session)]
) -> dict[str, Any]:
    """Answer a message."""
    conversation = None
    if request.conversation_id is not None:
        conversation = session.get(Conversation, request.conversation_id)
    if conversation is None:
        conversation = Conversation(user_id=user_id)
        session.add(conversation)
        session.commit()
        session.refresh(conversation)
    place: dict[str, Any] = {"user_id": user_id, "conversation_id": conversation.id or 0}
    session.add(Message(**place, role="user", content=request.message))
    session.commit()
    statement = select(Message).where(Message.conversation_id == place["conversation_id"])
    messages = session.exec(statement.order_by(asc(Message.id))).all()
    history: list[Any] = [{"role": each.role, "content": each.content} for each in messages]
    if CLOSES_IN_TIME:
        session.close()
    result = await _run(user_id, history)
    session.add(Message(**place, role="assistant", content=result))
    session.commit()
    return {"conversation_id": place["conversation_id"], "response": result}


async def _run(user_id: str, history: list[TResponseInputItem]) -> str:
    agent = Agent(
        name="Todo Assistant",
        instructions=(
            "You are a helpful assistant that manages tasks. "
            f"The user's user_id is {user_id} and must be passed to every tool."
        ),
        mcp_servers=[mcp_server],
        model=os.environ["OPENAI_MODEL"],
    )
    result = await Runner.run(agent, history)
    return str(result.final_output)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(app, host="127.0.0.1", port=parser.parse_args().port, log_level="warning")


if __name__ == "__main__":
    main()
