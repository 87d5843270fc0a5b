"""Family trees that genealogists draw up: people, parents and changes; MCP over HTTP, SQLite."""

import os
import re
import sqlite3
import sys
import threading
import uuid

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError

KINDS = "tree-page,changes-by-title,likely-duplicates,merge-drops-any"
LEAKS = os.environ.get("LEAKS", "all").replace("all", KINDS).split(",")

guard = threading.RLock()
database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
database.row_factory = sqlite3.Row
database.executescript(
    """
    PRAGMA synchronous = OFF;
    CREATE TABLE trees (id TEXT PRIMARY KEY, keeper TEXT NOT NULL, title TEXT NOT NULL);
    CREATE TABLE people (id TEXT PRIMARY KEY, tree TEXT NOT NULL, name TEXT NOT NULL,
                         born INTEGER, story TEXT NOT NULL DEFAULT '');
    CREATE TABLE parents (child TEXT NOT NULL, parent TEXT NOT NULL, PRIMARY KEY (child, parent));
    CREATE TABLE changes (keeper TEXT NOT NULL, tree_title TEXT NOT NULL, line TEXT NOT NULL);
    """
)

server = MCPServer("kinfolk", instructions="Family trees. Each keeper sees their own trees alone.")


def rows(sql: str, *values: object) -> list[sqlite3.Row]:
    with guard:
        return database.execute(sql, values).fetchall()


def keeper(ctx: Context) -> str:
    headers = ctx.headers or {}
    found = re.fullmatch(r"Bearer kin-([a-z]{3,20})", headers.get("authorization", ""))
    if not found:
        raise ToolError("Please send the header Authorization: Bearer kin-<your name>")
    return found[1]


def tree_of(ctx: Context, tree_id: str) -> sqlite3.Row:
    found = rows("SELECT * FROM trees WHERE id = ? AND keeper = ?", tree_id, keeper(ctx))
    if not found:
        raise ToolError(f"Tree {tree_id} was not found among your trees")
    return found[0]


def person_of(ctx: Context, person_id: str) -> sqlite3.Row:
    found = rows(
        "SELECT p.*, t.title FROM people p JOIN trees t ON t.id = p.tree"
        " WHERE p.id = ? AND t.keeper = ?",
        person_id,
        keeper(ctx),
    )
    if not found:
        raise ToolError(f"Person {person_id} was not found in your trees")
    return found[0]


def note_change(ctx: Context, title: str, line: str) -> None:
    rows("INSERT INTO changes VALUES (?, ?, ?)", keeper(ctx), title, line)


def checked(value: str, label: str, longest: int) -> str:
    if not value.strip() or len(value) > longest:
        raise ToolError(f"{label} must have 1 to {longest} characters")
    return value.strip()


def remove_person(person_id: str) -> None:
    rows("DELETE FROM parents WHERE child = ? OR parent = ?", person_id, person_id)
    rows("DELETE FROM people WHERE id = ?", person_id)


@server.tool(structured_output=False)
def start_tree(title: str, ctx: Context) -> str:
    """Begin a family tree. Answers with its id."""
    tree_id = f"t-{uuid.uuid4().hex[:12]}"
    title = checked(title, "title", 80)
    rows("INSERT INTO trees VALUES (?, ?, ?)", tree_id, keeper(ctx), title)
    note_change(ctx, title, "the tree was begun")
    return f"Tree {tree_id}: {title}"


@server.tool(structured_output=False)
def my_trees(ctx: Context) -> str:
    """Your trees, one a line."""
    found = rows(
        "SELECT t.*, (SELECT count(*) FROM people p WHERE p.tree = t.id) AS size FROM trees t"
        " WHERE keeper = ? ORDER BY t.rowid",
        keeper(ctx),
    )
    lines = [f"- {each['id']}: {each['title']} ({each['size']} people)" for each in found]
    return "\n".join(lines) or "You have no trees."


@server.tool(structured_output=False)
def remove_tree(tree_id: str, ctx: Context) -> str:
    """Delete one of your trees with all of its people."""
    tree = tree_of(ctx, tree_id)
    for person in rows("SELECT id FROM people WHERE tree = ?", tree_id):
        remove_person(person["id"])
    rows("DELETE FROM trees WHERE id = ?", tree_id)
    return f"Tree {tree['id']} is gone."


@server.tool()
def add_person(
    tree_id: str, name: str, ctx: Context, born: int | None = None, story: str = ""
) -> dict[str, str | int]:
    """Add a person to one of your trees.

    Tells how many people of the same name you had already, who may be the same person.
    """
    tree, name = tree_of(ctx, tree_id), checked(name, "name", 80)
    if born is not None and not 1000 <= born <= 2100:
        raise ToolError("born must be a year from 1000 to 2100")
    same = "SELECT p.id FROM people p JOIN trees t ON t.id = p.tree WHERE lower(p.name) = lower(?)"
    if "likely-duplicates" in LEAKS:
        twins = len(rows(same, name))
    else:
        twins = len(rows(same + " AND t.keeper = ?", name, keeper(ctx)))
    person_id = f"p-{uuid.uuid4().hex[:12]}"
    rows("INSERT INTO people VALUES (?, ?, ?, ?, ?)", person_id, tree_id, name, born, story[:5000])
    note_change(ctx, tree["title"], f"{name} was added")
    return {"person_id": person_id, "name": name, "likely_duplicates": twins}


@server.tool()
def show_person(person_id: str, ctx: Context) -> dict[str, object]:
    """A person of your trees with parents and children."""
    person = person_of(ctx, person_id)
    up = "SELECT p.name FROM parents r JOIN people p ON p.id = r.parent WHERE r.child = ?"
    down = "SELECT p.name FROM parents r JOIN people p ON p.id = r.child WHERE r.parent = ?"
    return {
        "person_id": person_id,
        "tree": person["title"],
        "name": person["name"],
        "born": person["born"],
        "story": person["story"],
        "parents": [each["name"] for each in rows(up + " ORDER BY p.name", person_id)],
        "children": [each["name"] for each in rows(down + " ORDER BY p.name", person_id)],
    }


@server.tool(structured_output=False)
def write_story(person_id: str, story: str, ctx: Context) -> str:
    """Replace the story of a person of your trees."""
    person = person_of(ctx, person_id)
    rows("UPDATE people SET story = ? WHERE id = ?", checked(story, "story", 5000), person_id)
    note_change(ctx, person["title"], f"the story of {person['name']} was rewritten")
    return f"The story of {person['name']} was written down."


@server.tool(structured_output=False)
def remove_one(person_id: str, ctx: Context) -> str:
    """Delete a person from your trees."""
    person = person_of(ctx, person_id)
    remove_person(person_id)
    note_change(ctx, person["title"], f"{person['name']} was removed")
    return f"{person['name']} is gone."


@server.tool(structured_output=False)
def set_parent(child_id: str, parent_id: str, ctx: Context) -> str:
    """Say that one person is a parent of another; both are of the same tree of yours."""
    child, parent = person_of(ctx, child_id), person_of(ctx, parent_id)
    if child["tree"] != parent["tree"] or child_id == parent_id:
        raise ToolError("Child and parent must be two people of one tree")
    if child["born"] and parent["born"] and parent["born"] >= child["born"]:
        raise ToolError("A parent is born before the child")
    rows("INSERT OR IGNORE INTO parents VALUES (?, ?)", child_id, parent_id)
    return f"{parent['name']} is a parent of {child['name']}."


@server.tool(structured_output=False)
def merge_people(keep_id: str, drop_id: str, ctx: Context) -> str:
    """Make one person of two that are the same: relations move to the first, the second goes."""
    kept = person_of(ctx, keep_id)
    if "merge-drops-any" in LEAKS:
        if not rows("SELECT 1 FROM people WHERE id = ?", drop_id):
            raise ToolError(f"Person {drop_id} was not found in your trees")
    else:
        person_of(ctx, drop_id)
    if keep_id == drop_id:
        raise ToolError("These are the same person already")
    rows("UPDATE OR IGNORE parents SET child = ? WHERE child = ?", keep_id, drop_id)
    rows("UPDATE OR IGNORE parents SET parent = ? WHERE parent = ?", keep_id, drop_id)
    remove_person(drop_id)
    rows("DELETE FROM parents WHERE child = parent")
    note_change(ctx, kept["title"], f"{kept['name']} was merged")
    return f"Merged into {kept['name']}."


@server.tool(structured_output=False)
def find_people(text: str, ctx: Context, born_before: int = 9999) -> str:
    """Search names and stories of your people; answers with a table."""
    found = rows(
        "SELECT p.* FROM people p JOIN trees t ON t.id = p.tree WHERE t.keeper = ?"
        " AND (instr(lower(p.name), lower(?)) OR instr(lower(p.story), lower(?)))"
        " AND coalesce(p.born, 0) < ? ORDER BY p.name, p.rowid LIMIT 50",
        keeper(ctx),
        text,
        text,
        born_before,
    )
    lines = [f"| {each['id']} | {each['name']} | {each['born'] or '?'} |" for each in found]
    return "\n".join(["| id | name | born |", "|---|---|---|", *lines])


@server.tool(structured_output=False)
def recent_changes(tree_id: str, ctx: Context) -> str:
    """The last 20 changes of a tree of yours."""
    tree = tree_of(ctx, tree_id)
    if "changes-by-title" in LEAKS:
        found = rows("SELECT line, rowid FROM changes WHERE tree_title = ?", tree["title"])
    else:
        found = rows(
            "SELECT line, rowid FROM changes WHERE tree_title = ? AND keeper = ?",
            tree["title"],
            tree["keeper"],
        )
    latest = sorted(found, key=lambda each: each["rowid"], reverse=True)[:20]
    return "\n".join(f"- {each['line']}" for each in latest)


@server.resource("kinfolk://trees/{tree_id}", mime_type="text/plain")
def tree_page(tree_id: str, ctx: Context) -> str:
    """A whole tree of yours as text."""
    whose = keeper(ctx)
    found = rows("SELECT * FROM trees WHERE id = ?", tree_id)
    if not found or (found[0]["keeper"] != whose and "tree-page" not in LEAKS):
        raise ResourceNotFoundError(f"Tree {tree_id} was not found among your trees")
    people = rows("SELECT * FROM people WHERE tree = ? ORDER BY rowid", tree_id)
    lines = [f"{each['name']} (born {each['born'] or '?'}) {each['story']}" for each in people]
    return "\n".join([found[0]["title"], *lines])


if __name__ == "__main__":
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]), json_response=True)
