"""A chat assistant with threads, a memory of facts, and a stream of events; FastAPI."""

import asyncio
import json
import os
import re
import secrets
import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Query
from fastapi.responses import Response, StreamingResponse
from fastapi.security import APIKeyQuery
from pydantic import BaseModel, Field

PLANTED = {"memory-recall", "stream-replay", "reply-elsewhere", "keyword-forget"}
LEAKS = set(filter(None, os.environ.get("LEAKS", "all").split(",")))
LEAKS = PLANTED if "all" in LEAKS else LEAKS

KEYS = {
    "pk-vera-31c8": "vera",
    "pk-wes-8d0f": "wes",
    "pk-xenia-5b72": "xenia",
    "pk-yann-e964": "yann",
}
app = FastAPI(title="Parley", version="0.7.2", description="An assistant that remembers.")
scheme = APIKeyQuery(name="key", auto_error=False)
threads: dict[str, dict[str, Any]] = {}
messages: dict[str, dict[str, Any]] = {}
memories: dict[str, dict[str, Any]] = {}
events: list[dict[str, Any]] = []


def caller(key: Annotated[str | None, Depends(scheme)] = None) -> str:
    if key is None or key not in KEYS:
        raise HTTPException(401, "An API key is needed: ?key=")
    return KEYS[key]


Caller = Annotated[str, Depends(caller)]


class ThreadIn(BaseModel):
    title: str = Field(min_length=1, max_length=80)
    persona: str = Field(default="", max_length=300, description="What the assistant is to be like")


class ThreadChange(BaseModel):
    title: str | None = Field(default=None, min_length=1, max_length=80)
    persona: str | None = Field(default=None, max_length=300)


class MessageIn(BaseModel):
    text: str = Field(min_length=1, max_length=2000)
    reply_to: str | None = Field(default=None, description="A message of the same thread")


class MemoryIn(BaseModel):
    fact: str = Field(min_length=1, max_length=300)


class Forget(BaseModel):
    keyword: str = Field(min_length=3, max_length=40, description="A whole word")


def new_id(kind: str) -> str:
    return f"{kind}_{secrets.token_urlsafe(9)}"


def words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3}


def emit(user: str, kind: str, **data: Any) -> None:
    number = 1 + sum(event["user"] == user for event in events)
    events.append({"user": user, "id": number, "kind": kind, "data": data})


def public(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "user"}


def own(records: dict[str, dict[str, Any]], user: str, key: str, what: str) -> dict[str, Any]:
    record = records.get(key)
    if record is None or record["user"] != user:
        raise HTTPException(404, f"No such {what}")
    return record


def of(records: dict[str, dict[str, Any]], user: str) -> list[dict[str, Any]]:
    return [record for record in records.values() if record["user"] == user]


@app.get("/threads")
async def list_threads(user: Caller, q: str = "") -> dict[str, Any]:
    found = [each for each in of(threads, user) if q.lower() in each["title"].lower()]
    return {"object": "list", "data": [public(each) for each in found]}


@app.post("/threads", status_code=201)
async def create_thread(new: ThreadIn, user: Caller) -> dict[str, Any]:
    thread = {"id": new_id("thr"), "user": user, **new.model_dump()}
    threads[thread["id"]] = thread
    emit(user, "thread.created", thread=thread["id"], title=new.title)
    return public(thread)


@app.get("/threads/{thread_id}")
async def get_thread(thread_id: str, user: Caller) -> dict[str, Any]:
    return public(own(threads, user, thread_id, "thread"))


@app.patch("/threads/{thread_id}")
async def change_thread(thread_id: str, change: ThreadChange, user: Caller) -> dict[str, Any]:
    thread = own(threads, user, thread_id, "thread")
    thread.update(change.model_dump(exclude_none=True))
    return public(thread)


@app.delete("/threads/{thread_id}", status_code=204)
async def delete_thread(thread_id: str, user: Caller) -> Response:
    own(threads, user, thread_id, "thread")
    del threads[thread_id]
    for key in [key for key, each in messages.items() if each["thread"] == thread_id]:
        del messages[key]
    emit(user, "thread.deleted", thread=thread_id)
    return Response(status_code=204)


@app.get("/threads/{thread_id}/messages")
async def list_messages(thread_id: str, user: Caller) -> list[dict[str, Any]]:
    own(threads, user, thread_id, "thread")
    return [public(each) for each in of(messages, user) if each["thread"] == thread_id]


def compose(user: str, thread: dict[str, Any], text: str) -> str:
    """The assistant's words: what it remembers that bears on the text."""
    known = [*memories.values()] if "memory-recall" in LEAKS else of(memories, user)
    facts = [each["fact"] for each in known if words(each["fact"]) & words(text)]
    manner = f" (as {thread['persona']})" if thread["persona"] else ""
    if not facts:
        return f"I see{manner}. Tell me more."
    return f"I remember{manner}: {'; '.join(facts[:5])}."


def add_message(
    user: str, thread: str, role: str, text: str, reply_to: str | None
) -> dict[str, Any]:
    message = {
        "id": new_id("msg"),
        "user": user,
        "thread": thread,
        "role": role,
        "text": text,
        "reply_to": reply_to,
    }
    messages[message["id"]] = message
    emit(user, "message.added", thread=thread, role=role, text=text)
    return message


@app.post("/threads/{thread_id}/messages", status_code=201)
async def send_message(thread_id: str, new: MessageIn, user: Caller) -> dict[str, Any]:
    """Say something; the answer has your message and the assistant's."""
    thread = own(threads, user, thread_id, "thread")
    if new.reply_to is not None:
        if "reply-elsewhere" in LEAKS:
            if new.reply_to not in messages:
                raise HTTPException(404, "No such message")
        else:
            own(messages, user, new.reply_to, "message")
        if messages[new.reply_to]["thread"] != thread_id:
            raise HTTPException(422, "reply_to is a message of a different thread")
    said = add_message(user, thread_id, "user", new.text, new.reply_to)
    answer = add_message(user, thread_id, "assistant", compose(user, thread, new.text), said["id"])
    return {"message": public(said), "reply": public(answer)}


@app.get("/threads/{thread_id}/transcript.md")
async def transcript(thread_id: str, user: Caller) -> Response:
    thread = own(threads, user, thread_id, "thread")
    said = [each for each in of(messages, user) if each["thread"] == thread_id]
    lines = [f"# {thread['title']}", "", *(f"**{each['role']}**: {each['text']}" for each in said)]
    return Response("\n".join(lines) + "\n", media_type="text/markdown")


@app.get("/memory")
async def list_memory(user: Caller) -> list[dict[str, Any]]:
    """What the assistant remembers of you."""
    return [public(each) for each in of(memories, user)]


@app.post("/memory", status_code=201)
async def remember(new: MemoryIn, user: Caller) -> dict[str, Any]:
    memory = {"id": new_id("mem"), "user": user, "fact": new.fact}
    memories[memory["id"]] = memory
    emit(user, "memory.added", fact=new.fact)
    return public(memory)


@app.delete("/memory/{memory_id}", status_code=204)
async def forget(memory_id: str, user: Caller) -> Response:
    own(memories, user, memory_id, "memory")
    del memories[memory_id]
    return Response(status_code=204)


@app.post("/memory/forget", status_code=204)
async def forget_about(wish: Forget, user: Caller) -> Response:
    """Forget everything you told the assistant in which a word occurs."""
    known = memories.values() if "keyword-forget" in LEAKS else of(memories, user)
    word = wish.keyword.lower()
    for each in [each for each in known if word in re.findall(r"\w+", each["fact"].lower())]:
        del memories[each["id"]]
    return Response(status_code=204)


def frame(event: dict[str, Any]) -> str:
    return f"id: {event['id']}\nevent: {event['kind']}\ndata: {json.dumps(event['data'])}\n\n"


@app.get("/events", response_class=StreamingResponse)
async def stream(
    user: Caller,
    wait: Annotated[float, Query(ge=0, le=10, description="Seconds to stay connected")] = 0,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
) -> StreamingResponse:
    """Your events, server-sent: all so far, or those after Last-Event-ID; then new ones."""

    def pending(sent: int) -> list[dict[str, Any]]:
        mine = [event for event in events if event["user"] == user]
        return [event for event in mine if event["id"] > sent]

    async def frames() -> AsyncIterator[str]:
        yield "retry: 1000\n\n"
        sent = last_event_id or 0
        first = pending(sent)
        if last_event_id is not None and "stream-replay" in LEAKS:
            first = [event for event in events if event["id"] > sent]
        for event in first:
            yield frame(event)
        sent = max([sent, *(event["id"] for event in events if event["user"] == user)])
        for _ in range(int(wait * 10)):
            await asyncio.sleep(0.1)
            for event in pending(sent):
                sent = event["id"]
                yield frame(event)

    return StreamingResponse(frames(), media_type="text/event-stream")


if __name__ == "__main__":
    config = {"log_level": "warning", "timeout_graceful_shutdown": 1}
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), **config)
