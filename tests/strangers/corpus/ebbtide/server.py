"""Ebbtide: a symptom journal for an assistant: entries, tags, attached texts, summaries, questions for the doctor."""

import os
import secrets
import sys
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

import uvicorn
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.types import Completion
from pydantic import AnyHttpUrl, Field

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
PLANTED = {"attachment", "tag-complete", "rename-tag", "summary-version"}
switch = os.environ.get("LEAKS", "all")
LEAKS = PLANTED if switch == "all" else set(switch.split(","))

PEOPLE = {
    "ebb-7f20-marta-c81d": "marta",
    "ebb-3b9a-nils-06e4": "nils",
    "ebb-d415-odile-9a72": "odile",
}

Line = Annotated[str, Field(min_length=1, max_length=200)]
Tag = Annotated[str, Field(min_length=1, max_length=60)]
Text = Annotated[str, Field(max_length=4000)]
Day = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="YYYY-MM-DD; today if left out")
]
Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$", description="YYYY-MM; this one if left out")]
Severity = Annotated[int, Field(ge=1, le=10)]


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(8)}"


@dataclass
class Entry:
    owner: str
    symptom: str
    severity: int
    day: str
    note: str
    tags: list[str]
    id: str = field(default_factory=lambda: new_id("ent"))
    attachments: list[str] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        return {
            "entry_id": self.id,
            "symptom": self.symptom,
            "severity": self.severity,
            "day": self.day,
            "note": self.note,
            "tags": self.tags,
            "attachments": self.attachments,
        }


@dataclass
class Attachment:
    entry_id: str
    filename: str
    content: str
    id: str = field(default_factory=lambda: new_id("att"))


@dataclass
class Question:
    owner: str
    text: str
    answer: str = ""
    id: str = field(default_factory=lambda: new_id("q"))

    def shown(self) -> dict[str, Any]:
        return {"question_id": self.id, "text": self.text, "answer": self.answer}


entries: dict[str, Entry] = {}
attachments: dict[str, Attachment] = {}
questions: dict[str, Question] = {}
deleted: dict[str, list[Entry]] = {}
versions: dict[str, int] = {}  # of each journal, raised with every change
summaries: dict[Any, str] = {}  # expensive ones are kept by the version that they were made of


class Tokens:
    async def verify_token(self, token: str) -> AccessToken | None:
        if token not in PEOPLE:
            return None
        return AccessToken(token=token, client_id=PEOPLE[token], scopes=[], subject=PEOPLE[token])


mcp = MCPServer(
    "ebbtide",
    instructions="Keeps the user's symptom journal and gets a visit to the doctor ready.",
    token_verifier=Tokens(),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl("http://127.0.0.1:9/"),
        resource_server_url=AnyHttpUrl(f"http://127.0.0.1:{PORT}/mcp"),
        validate_token_resource=False,
    ),
    log_level="ERROR",
)


def me() -> str:
    token = get_access_token()
    if token is None or not token.subject:
        raise ToolError("not signed in")
    return token.subject


def changed() -> None:
    versions[me()] = versions.get(me(), 0) + 1


def mine() -> list[Entry]:
    owner = me()
    return sorted((e for e in entries.values() if e.owner == owner), key=lambda e: e.day)


def the_entry(entry_id: str) -> Entry:
    entry = entries.get(entry_id)
    if entry is None or entry.owner != me():
        raise ToolError(f"No entry {entry_id}")
    return entry


def the_question(question_id: str) -> Question:
    question = questions.get(question_id)
    if question is None or question.owner != me():
        raise ToolError(f"No question {question_id}")
    return question


@mcp.tool()
def log_symptom(
    symptom: Line,
    severity: Severity = 5,
    day: Day | None = None,
    note: Text = "",
    tags: list[Tag] | None = None,
) -> dict[str, Any]:
    """Write an entry into the journal."""
    entry = Entry(
        me(),
        symptom,
        severity,
        day or date.today().isoformat(),
        note,
        list(dict.fromkeys(tags or [])),
    )
    entries[entry.id] = entry
    changed()
    return entry.shown()


@mcp.tool()
def list_entries(tag: Tag | None = None, month: Month | None = None) -> dict[str, Any]:
    """The entries of the journal, by day."""
    found = [
        e
        for e in mine()
        if (tag is None or tag in e.tags) and (month is None or e.day.startswith(month))
    ]
    return {"entries": [e.shown() for e in found]}


@mcp.tool()
def open_entry(entry_id: str) -> dict[str, Any]:
    """One entry."""
    return the_entry(entry_id).shown()


@mcp.tool()
def edit_entry(
    entry_id: str, note: Text | None = None, severity: Severity | None = None
) -> dict[str, Any]:
    """Change the note or the severity of an entry."""
    entry = the_entry(entry_id)
    entry.note = entry.note if note is None else note
    entry.severity = severity or entry.severity
    changed()
    return entry.shown()


@mcp.tool()
def delete_entry(entry_id: str) -> str:
    """Delete an entry. undo_delete brings the last one back."""
    entry = the_entry(entry_id)
    del entries[entry_id]
    deleted.setdefault(entry.owner, []).append(entry)
    changed()
    return f"Deleted {entry_id}."


@mcp.tool()
def undo_delete() -> dict[str, Any]:
    """Bring back the entry that was deleted last."""
    stack = deleted.get(me())
    if not stack:
        raise ToolError("There is nothing to bring back.")
    entry = stack.pop()
    entries[entry.id] = entry
    changed()
    return entry.shown()


@mcp.tool()
def search_entries(words: Line) -> dict[str, Any]:
    """Entries with these words in symptom or note."""
    wanted = words.lower()
    return {"entries": [e.shown() for e in mine() if wanted in f"{e.symptom}\n{e.note}".lower()]}


@mcp.tool()
def attach_text(entry_id: str, filename: Line, content: Text) -> dict[str, Any]:
    """Attach a lab report, a letter or another text to an entry."""
    entry = the_entry(entry_id)
    attachment = Attachment(entry.id, filename, content)
    attachments[attachment.id] = attachment
    entry.attachments.append(attachment.id)
    return {"attachment_id": attachment.id, "entry_id": entry.id, "filename": filename}


@mcp.tool()
def read_attachment(attachment_id: str) -> dict[str, Any]:
    """An attached text."""
    attachment = attachments.get(attachment_id)
    entry = attachment and entries.get(attachment.entry_id)
    if attachment is None or entry is None or ("attachment" not in LEAKS and entry.owner != me()):
        raise ToolError(f"No attachment {attachment_id}")
    return {
        "attachment_id": attachment.id,
        "filename": attachment.filename,
        "content": attachment.content,
    }


@mcp.tool()
def tag_entry(entry_id: str, tag: Tag) -> dict[str, Any]:
    """Put a tag on an entry."""
    entry = the_entry(entry_id)
    if tag not in entry.tags:
        entry.tags.append(tag)
        changed()
    return entry.shown()


@mcp.tool()
def list_tags() -> dict[str, Any]:
    """The tags of the journal."""
    return {"tags": sorted({t for e in mine() for t in e.tags})}


@mcp.tool()
def rename_tag(tag: Tag, new_name: Tag) -> str:
    """Give a tag another name, on all entries that have it."""
    if not any(tag in e.tags for e in mine()):
        raise ToolError("There is no such tag in your journal.")
    for entry in list(entries.values()) if "rename-tag" in LEAKS else mine():
        entry.tags = list(dict.fromkeys(new_name if t == tag else t for t in entry.tags))
    changed()
    return f"{tag} is now called {new_name}."


@mcp.tool()
def month_summary(month: Month | None = None) -> str:
    """A month in short: how often, how bad, and what was noted. Kept until the journal changes."""
    month = month or date.today().isoformat()[:7]
    key: Any = (month, versions.get(me(), 0))
    if "summary-version" not in LEAKS:
        key = (me(), *key)
    if key not in summaries:
        found = [e for e in mine() if e.day.startswith(month)]
        worst = max((e.severity for e in found), default=0)
        lines = [f"{e.day} {e.symptom} ({e.severity}): {e.note[:100]}" for e in found]
        summaries[key] = "\n".join([f"{month}: {len(found)} entries, at worst {worst}", *lines])
    return summaries[key]


@mcp.tool()
def add_question(text: Line) -> dict[str, Any]:
    """Keep a question for the next visit to the doctor."""
    question = Question(me(), text)
    questions[question.id] = question
    return question.shown()


@mcp.tool()
def list_questions() -> dict[str, Any]:
    """The questions for the doctor, with what was answered."""
    owner = me()
    return {"questions": [q.shown() for q in questions.values() if q.owner == owner]}


@mcp.tool()
def answer_question(question_id: str, answer: Text) -> dict[str, Any]:
    """Keep what the doctor said."""
    question = the_question(question_id)
    question.answer = answer
    return question.shown()


@mcp.tool()
def drop_question(question_id: str) -> str:
    """Delete a question."""
    del questions[the_question(question_id).id]
    return f"Dropped {question_id}."


@mcp.resource("journal://entries/{entry_id}")
def entry_resource(entry_id: str) -> str:
    """An entry as text."""
    entry = entries.get(entry_id)
    if entry is None or entry.owner != me():
        raise ResourceError(f"No entry {entry_id}")
    return f"{entry.day} {entry.symptom} ({entry.severity}/10)\n{entry.note}"


@mcp.resource("journal://recent")
def recent() -> str:
    """The last ten entries."""
    return "\n".join(f"{e.day} {e.symptom}" for e in mine()[-10:]) or "nothing yet"


@mcp.prompt()
def doctor_visit(tag: str) -> str:
    """Gets a visit ready: the entries of one tag, and the open questions."""
    lines = [f"- {e.day} {e.symptom} ({e.severity}): {e.note}" for e in mine() if tag in e.tags]
    asked = [f"- {q.text}" for q in questions.values() if q.owner == me() and not q.answer]
    return "\n".join(["Prepare a visit to the doctor.", "Entries:", *lines, "Questions:", *asked])


@mcp.completion()
async def complete(ref: Any, argument: Any, context: Any) -> Completion | None:
    if argument.name != "tag":
        return None
    pool = entries.values() if "tag-complete" in LEAKS else mine()
    tags = sorted({t for e in pool for t in e.tags if t.lower().startswith(argument.value.lower())})
    return Completion(values=tags[:50])


if __name__ == "__main__":
    app = mcp.streamable_http_app(stateless_http=True, json_response=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error")
