"""Answers of the offline assistant to a person: a sentence about a tool's result, and a list.

A result is JSON of the reference system; a text of another form is passed on as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from crosstalk.model.conversation import ToolCall

# Of a longer list the rest is counted.
_MOST_LISTED = 20


def answer_to(calls: Sequence[ToolCall], outputs: Sequence[str]) -> str:
    """Return what the assistant says of the results of its tool calls, in their order.

    Args:
        calls: The calls that it made.
        outputs: Their results; as many, or fewer where some have not arrived.
    """
    named = [each.name for each in calls][: len(outputs)]
    named += [""] * (len(outputs) - len(named))
    return "\n\n".join(map(_answer, named, outputs))


def _answer(tool: str, output: str) -> str:
    try:
        found = json.loads(output)
    except ValueError:
        return f"The tool answered: {output}"
    if not isinstance(found, Mapping):
        return f"The tool answered: {output}"
    if found.get("status") == "error":
        return f"That did not work: {found.get('message') or found.get('error_code')}."
    if isinstance(found.get("items"), Sequence):
        return _listed(tool, found["items"], more=bool(found.get("next_cursor")))
    if "total" in found:
        return _statistics(found)
    if tool == "complete_all_tasks" and isinstance(found.get("completed"), int):
        return f"Done: I completed {_counted(found['completed'], 'task')}."
    if tool.startswith("delete_"):
        return f"Done: the {tool.removeprefix('delete_')} is deleted."
    named = found.get("title") or found.get("name")
    if not named:
        return f"The tool answered: {output}"
    said = _DONE.get(tool, "Here it is: {}.")
    return said.format(f"**{named}**{_about(found)}")


_DONE = {
    "add_task": "I added {} to your tasks.",
    "add_project": "I added the project {}.",
    "update_task": "I changed {}.",
    "complete_task": "Done: {} is completed.",
}


def _listed(tool: str, items: Sequence[Any], *, more: bool) -> str:
    kind = "project" if "project" in tool else "task"
    if not items:
        return "I found nothing." if "search" in tool else f"You have no {kind}s yet."
    verb = "I found" if "search" in tool else "You have"
    counted = f"more than {len(items)} {kind}s" if more else _counted(len(items), kind)
    lines = [f"- {_entry(each)}" for each in items[:_MOST_LISTED]]
    rest = len(items) - len(lines)
    if rest:
        lines.append(f"- and {rest} more")
    return f"{verb} {counted}:\n\n" + "\n".join(lines)


def _entry(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    named = item.get("title") or item.get("name") or item.get("id")
    return f"**{named}**{_about(item)}"


def _about(item: Mapping[str, Any]) -> str:
    """Return what is unusual about a task or a project, in brackets; nothing where nothing is."""
    said = []
    if item.get("status") in ("completed", "in_progress"):
        said.append(str(item["status"]).replace("_", " "))
    if item.get("priority") in ("high", "low"):
        said.append(f"{item['priority']} priority")
    if item.get("due_date"):
        said.append(f"due {_day(str(item['due_date']))}")
    if item.get("project_name"):
        said.append(f"in {item['project_name']}")
    if isinstance(item.get("open_task_count"), int):
        said.append(f"{_counted(item['open_task_count'], 'task')} open")
    return f" ({', '.join(said)})" if said else ""


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%B %Y}"


def _statistics(found: Mapping[str, Any]) -> str:
    lines = [
        f"- {found[name]} {label}"
        for name, label in (
            ("pending", "to do"),
            ("in_progress", "in progress"),
            ("completed", "completed"),
            ("overdue", "overdue"),
        )
        if found.get(name)
    ]
    projects = f" in {_counted(found['projects'], 'project')}" if found.get("projects") else ""
    sentence = f"You have {_counted(found['total'], 'task')}{projects}"
    return f"{sentence}:\n\n" + "\n".join(lines) if lines else f"{sentence}."


def _counted(number: Any, kind: str) -> str:
    return f"{number} {kind}" if number == 1 else f"{number or 'no'} {kind}s"
