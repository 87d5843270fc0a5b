"""Mnemon: an assistant's long-term memory, its conversations and its files, over MCP (official Python SDK)."""

import math
import os
import re
import secrets
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import uvicorn
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from pydantic import AnyHttpUrl, Field

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
PLANTED = ("memory-resource", "digest-cache", "recall-postfilter", "replaces")
switch = os.environ.get("LEAKS", "all")
LEAKS = PLANTED if switch == "all" else tuple(switch.split(","))

PEOPLE = {
    "mnm_live_41d0b7e2_ines": "ines",
    "mnm_live_9af35c18_oskar": "oskar",
    "mnm_live_0e62d4bb_priya": "priya",
}
TOP = 3  # what recall gives
DIGEST_FOR = 120.0  # seconds
COMMON = {"a", "an", "and", "at", "is", "of", "on", "the", "to", "in", "my", "for"}

Topic = Literal["family", "health", "home", "travel", "work"]
Line = Annotated[str, Field(min_length=1, max_length=300)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]


def embed(text: str) -> Counter[str]:
    """A poor man's embedding: words and their beginnings."""
    words = [w for w in re.findall(r"\w+", text.lower()) if w not in COMMON]
    return Counter(words + [w[:4] for w in words if len(w) > 4])


def likeness(a: Counter[str], b: Counter[str]) -> float:
    dot = sum(n * b[w] for w, n in a.items())
    size = math.sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()))
    return dot / size if size else 0.0


@dataclass
class Memory:
    owner: str
    text: str
    topic: str
    pinned: bool = False
    replaced: bool = False
    id: str = field(default_factory=lambda: "mem_" + secrets.token_hex(8))

    def __post_init__(self) -> None:
        self.vector = embed(self.text)

    def shown(self) -> dict[str, Any]:
        return {"memory_id": self.id, "text": self.text, "topic": self.topic, "pinned": self.pinned}


@dataclass
class Conversation:
    owner: str
    title: str
    id: str = field(default_factory=lambda: "conv_" + secrets.token_hex(8))
    turns: list[dict[str, str]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


memories: dict[str, Memory] = {}
conversations: dict[str, Conversation] = {}
digests: dict[Any, tuple[float, list[str]]] = {}
forgotten: dict[str, list[Memory]] = {}


class Tokens:
    async def verify_token(self, token: str) -> AccessToken | None:
        if token not in PEOPLE:
            return None
        return AccessToken(token=token, client_id=PEOPLE[token], scopes=[], subject=PEOPLE[token])


mcp = MCPServer(
    "mnemon",
    instructions="Remembers what the user tells the assistant, across conversations.",
    token_verifier=Tokens(),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl("http://127.0.0.1:9/"),
        resource_server_url=AnyHttpUrl(f"http://127.0.0.1:{PORT}/mcp"),
        validate_token_resource=False,  # the tokens are opaque
    ),
    log_level="ERROR",
)


def me() -> str:
    token = get_access_token()
    if token is None or not token.subject:
        raise ToolError("not signed in")
    return token.subject


def the_memory(memory_id: str) -> Memory:
    memory = memories.get(memory_id)
    if memory is None or memory.owner != me():
        raise ToolError(f"No memory {memory_id}")
    return memory


def the_conversation(conversation_id: str) -> Conversation:
    conversation = conversations.get(conversation_id)
    if conversation is None or conversation.owner != me():
        raise ToolError(f"No conversation {conversation_id}")
    return conversation


def my_memories() -> list[Memory]:
    owner = me()
    return [m for m in memories.values() if m.owner == owner and not m.replaced]


def digest_key(topic: str) -> Any:
    return topic if "digest-cache" in LEAKS else (me(), topic)


@mcp.tool()
def remember(text: Text, topic: Topic = "home", replaces: str | None = None) -> dict[str, Any]:
    """Remember something about the user. A memory that is out of date is given as `replaces`."""
    if replaces is not None:
        if "replaces" in LEAKS:
            old = memories.get(replaces)
        else:
            old = the_memory(replaces)
        if old is None:
            raise ToolError(f"No memory {replaces}")
        old.replaced = True
    memory = Memory(me(), text, topic)
    memories[memory.id] = memory
    digests.pop(digest_key(topic), None)
    return memory.shown()


@mcp.tool()
def list_memories(topic: Topic | None = None) -> dict[str, Any]:
    """What is remembered, pinned ones first."""
    found = [m for m in my_memories() if topic in (None, m.topic)]
    return {"memories": [m.shown() for m in sorted(found, key=lambda m: not m.pinned)]}


@mcp.tool()
def recall(query: Line) -> dict[str, Any]:
    """The memories that are nearest in meaning to the query, at most three."""
    wanted, owner = embed(query), me()
    pool = [m for m in memories.values() if not m.replaced]
    if "recall-postfilter" not in LEAKS:
        pool = [m for m in pool if m.owner == owner]
    scored = [(likeness(wanted, m.vector), m) for m in pool]
    best = sorted((s for s in scored if s[0] > 0), key=lambda s: -s[0])[:TOP]
    return {"hits": [{**m.shown(), "score": round(s, 3)} for s, m in best if m.owner == owner]}


@mcp.tool()
def pin_memory(memory_id: str, pinned: bool = True) -> dict[str, Any]:
    """Keep a memory at the top, or no longer."""
    memory = the_memory(memory_id)
    memory.pinned = pinned
    return memory.shown()


@mcp.tool()
def forget(memory_id: str) -> str:
    """Forget a memory. undo_forget brings the last one back."""
    memory = the_memory(memory_id)
    del memories[memory_id]
    digests.pop(digest_key(memory.topic), None)
    forgotten.setdefault(memory.owner, []).append(memory)
    return f"Forgot {memory_id}."


@mcp.tool()
def undo_forget() -> dict[str, Any]:
    """Bring back what was forgotten last."""
    stack = forgotten.get(me())
    if not stack:
        raise ToolError("Nothing was forgotten.")
    memory = stack.pop()
    memories[memory.id] = memory
    digests.pop(digest_key(memory.topic), None)
    return memory.shown()


@mcp.tool()
def topic_digest(topic: Topic) -> str:
    """All that is remembered on one topic, in short. Made anew when something is remembered."""
    key = digest_key(topic)
    kept = digests.get(key)
    if kept is None or kept[0] < time.monotonic():
        lines = ["- " + m.text[:120] for m in my_memories() if m.topic == topic]
        kept = digests[key] = (time.monotonic() + DIGEST_FOR, lines)
    return "\n".join([f"On {topic}:", *(kept[1] or ["nothing yet"])])


@mcp.tool()
def start_conversation(title: Line) -> dict[str, Any]:
    """Begin a conversation, to which turns and files are added."""
    conversation = Conversation(me(), title)
    conversations[conversation.id] = conversation
    return {"conversation_id": conversation.id, "title": title}


@mcp.tool()
def list_conversations() -> dict[str, Any]:
    """The conversations there were."""
    owner = me()
    return {
        "conversations": [
            {"conversation_id": c.id, "title": c.title, "turns": len(c.turns)}
            for c in conversations.values()
            if c.owner == owner
        ]
    }


@mcp.tool()
def add_turn(
    conversation_id: str, text: Text, speaker: Literal["user", "assistant"] = "user"
) -> str:
    """Keep one turn of a conversation."""
    the_conversation(conversation_id).turns.append({"speaker": speaker, "text": text})
    return "Kept."


@mcp.tool()
def conversation_history(conversation_id: str) -> dict[str, Any]:
    """A conversation with all its turns."""
    c = the_conversation(conversation_id)
    return {"conversation_id": c.id, "title": c.title, "turns": c.turns, "files": list(c.files)}


@mcp.tool()
def attach_file(conversation_id: str, filename: Line, content: Text) -> str:
    """Attach a text file to a conversation; one of the same name is overwritten."""
    the_conversation(conversation_id).files[filename] = content
    return f"Attached {filename}."


@mcp.tool()
def read_attachment(conversation_id: str, filename: Line) -> str:
    """A file of a conversation."""
    files = the_conversation(conversation_id).files
    if filename not in files:
        raise ToolError("No such file in this conversation.")
    return files[filename]


@mcp.tool()
def delete_conversation(conversation_id: str) -> str:
    """Delete a conversation with its files."""
    the_conversation(conversation_id)
    del conversations[conversation_id]
    return f"Deleted {conversation_id}."


@mcp.resource("memory://{memory_id}")
def memory_resource(memory_id: str) -> str:
    """One memory, as text."""
    memory = memories.get(memory_id)
    if memory is None or ("memory-resource" not in LEAKS and memory.owner != me()):
        raise ResourceError(f"No memory {memory_id}")
    return f"[{memory.topic}] {memory.text}"


@mcp.resource("conversation://{conversation_id}/transcript")
def transcript(conversation_id: str) -> str:
    """A conversation, as text."""
    try:
        c = the_conversation(conversation_id)
    except ToolError as e:
        raise ResourceError(str(e)) from None
    return "\n".join([f"# {c.title}", *(f"{t['speaker']}: {t['text']}" for t in c.turns)])


@mcp.prompt()
def personal_context(topic: str) -> str:
    """A system prompt with what is known of the user on a topic."""
    known = [m.text for m in my_memories() if m.topic == topic]
    return "You know of the user:\n" + "\n".join(f"- {text}" for text in known or ["nothing"])


if __name__ == "__main__":
    app = mcp.streamable_http_app(stateless_http=True, json_response=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error")
