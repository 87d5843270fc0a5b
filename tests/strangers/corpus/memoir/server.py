"""Answers from documents, with memory, over MCP; a bearer token at the HTTP layer says who."""

import os
import re
import sys
import uuid
from collections import defaultdict
from dataclasses import dataclass

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError

PLANTED = ["fallback-index", "forget-phrase", "memory-resource", "rank-weights"]
LEAKS = os.environ.get("LEAKS", "all")
LEAKS = PLANTED if LEAKS == "all" else [leak for leak in LEAKS.split(",") if leak in PLANTED]
PORT = int(sys.argv[1])
READERS = {"mm-tk-ursula-4a": "ursula", "mm-tk-viktor-9c": "viktor", "mm-tk-wanda-e1": "wanda"}
STOP = set(
    "a an and are at be did do does for from has have how i in is it my of on or the".split()
)
STOP |= set("that this to was were what when where which who why will with you your".split())


@dataclass
class Passage:
    reader: str
    document: str
    text: str
    words: frozenset[str]


@dataclass
class Document:
    id: str
    reader: str
    name: str
    text: str


class Readers:
    async def verify_token(self, token: str) -> AccessToken | None:
        if token not in READERS:
            return None
        return AccessToken(token=token, client_id=READERS[token], scopes=["read"])


documents: dict[str, Document] = {}
passages: list[Passage] = []
memories: dict[str, dict[str, str]] = defaultdict(dict)
server = MCPServer(
    "memoir",
    instructions="Store documents, ask questions about them, and keep small facts in memory.",
    token_verifier=Readers(),
    auth=AuthSettings(
        issuer_url=f"http://127.0.0.1:{PORT}",
        resource_server_url=f"http://127.0.0.1:{PORT}/mcp",
        required_scopes=["read"],
    ),
    log_level="ERROR",
)


def reader() -> str:
    token = get_access_token()
    if token is None:
        raise ToolError("No reader")
    return token.client_id


def words_in(text: str) -> frozenset[str]:
    return frozenset(w for w in re.findall(r"[a-z0-9]+", text.lower()) if w not in STOP)


def own_document(document_id: str) -> Document:
    document = documents.get(document_id)
    if document is None or document.reader != reader():
        raise ToolError("There is no such document")
    return document


def unindex(document_id: str) -> None:
    passages[:] = [each for each in passages if each.document != document_id]


def index(document: Document) -> int:
    parts = [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", document.text)]
    made = [Passage(document.reader, document.id, part, words_in(part)) for part in parts if part]
    passages.extend(made)
    return len(made)


@server.tool()
def add_document(name: str, text: str) -> dict[str, str | int]:
    """Stores a document and cuts it into passages that can be asked about."""
    if not name.strip() or not text.strip():
        raise ToolError("A document needs a name and a text")
    document = Document(uuid.uuid4().hex, reader(), name.strip(), text)
    documents[document.id] = document
    return {"document_id": document.id, "passages": index(document)}


@server.tool()
def list_documents() -> list[dict[str, str]]:
    """Your documents by name."""
    me = reader()
    return [
        {"document_id": each.id, "name": each.name}
        for each in documents.values()
        if each.reader == me
    ]


@server.tool()
def read_document(document_id: str) -> str:
    """The full text of one of your documents."""
    return own_document(document_id).text


@server.tool()
def replace_document(document_id: str, text: str) -> str:
    """Puts a new text in the place of the old one."""
    document = own_document(document_id)
    document.text = text
    unindex(document_id)
    return f"{document.name} now has {index(document)} passages"


@server.tool()
def delete_document(document_id: str) -> str:
    """Deletes a document and what was indexed of it."""
    document = own_document(document_id)
    del documents[document_id]
    unindex(document_id)
    return f"Deleted {document.name}"


def weight(word: str, among: list[Passage]) -> float:
    holders = sum(1 for each in among if word in each.words)
    return 1 / holders if holders else 0.0


@server.tool()
def ask(question: str) -> dict[str, str | float]:
    """Answers from the passage of your documents that fits the question best.

    Rare words count more; the confidence is the part of the question's weight that was found.
    """
    me = reader()
    asked = words_in(question)
    if not asked:
        raise ToolError("Ask with at least one word that matters")
    mine = [each for each in passages if each.reader == me]
    counted = passages if "rank-weights" in LEAKS else mine
    weights = {word: weight(word, counted) for word in sorted(asked)}

    def score(passage: Passage) -> float:
        return sum(weights[word] for word in asked & passage.words)

    best = max(mine, key=score, default=None)
    if "fallback-index" in LEAKS and (best is None or score(best) == 0):
        weights = {word: weight(word, passages) for word in asked}
        best = max(passages, key=score, default=None)
    if best is None or score(best) == 0:
        return {"answer": "Nothing in your documents fits.", "source": "", "confidence": 0.0}
    total = sum(weights.values())
    return {
        "answer": best.text,
        "source": documents[best.document].name,
        "confidence": round(score(best) / total, 3),
    }


@server.tool()
def remember(topic: str, fact: str) -> str:
    """Keeps one fact for a topic, such as 'dentist' or 'wifi'."""
    memories[reader()][topic.strip().lower()] = fact
    return f"I will remember that about {topic}"


@server.tool()
def recall(topic: str = "") -> dict[str, str]:
    """The facts whose topic holds the word; all facts if it is empty."""
    mine = memories[reader()]
    return {name: fact for name, fact in mine.items() if topic.strip().lower() in name}


@server.tool()
def forget(phrase: str) -> str:
    """Forgets every fact of yours that holds the phrase."""
    if len(phrase.strip()) < 3:
        raise ToolError("The phrase is too short")
    sought = phrase.strip().lower()
    forgotten = 0
    for owner, facts in memories.items():
        if owner != reader() and "forget-phrase" not in LEAKS:
            continue
        for topic in [t for t, fact in facts.items() if sought in f"{t} {fact}".lower()]:
            del facts[topic]
            forgotten += owner == reader()
    return f"Forgot {forgotten}"


@server.resource("memory://{name}/facts", mime_type="text/plain")
def facts_of(name: str, ctx: Context) -> str:
    """Everything in a reader's memory; the name is your own."""
    token = get_access_token()
    me = token.client_id if token else ""
    known = name in READERS.values() if "memory-resource" in LEAKS else name == me
    if not known:
        raise ResourceNotFoundError(f"There is no memory {name}")
    return "\n".join(f"{topic}: {fact}" for topic, fact in memories[name].items())


@server.prompt()
def brief(topic: str) -> str:
    """Asks a model for a short brief on a topic from what is remembered."""
    mine = memories[reader()]
    facts = [f"- {fact}" for name, fact in mine.items() if topic.lower() in name]
    return f"Write a brief about {topic}. Known facts:\n" + "\n".join(facts or ["- none"])


if __name__ == "__main__":
    server.run("streamable-http", host="127.0.0.1", port=PORT)
