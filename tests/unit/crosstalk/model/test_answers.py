"""Answers of the offline assistant: a sentence and a list about what its tools returned."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crosstalk.model.answers import answer_to
from crosstalk.model.conversation import Prompt, ToolCall
from crosstalk.model.policies import adversarial, helpful

TASK = {
    "id": "01a1fc95-41f3-7131-b962-000000000001",
    "title": "Buy milk",
    "status": "pending",
    "priority": "high",
    "due_date": "2026-12-03",
    "project_id": None,
    "project_name": "Home",
}
DONE = {**TASK, "title": "Pay the rent", "status": "completed", "priority": "medium"}
STATISTICS = {"total": 3, "pending": 2, "in_progress": 0, "completed": 1, "overdue": 1}


def answer(tool: str, result: Any) -> str:
    return answer_to([ToolCall(tool, {})], [json.dumps(result)])


def test_tasks_are_a_sentence_and_a_list() -> None:
    said = answer("list_tasks", {"items": [TASK, DONE], "next_cursor": None})
    assert said.splitlines() == [
        "You have 2 tasks:",
        "",
        "- **Buy milk** (high priority, due 3 December 2026, in Home)",
        "- **Pay the rent** (completed, due 3 December 2026, in Home)",
    ]


@pytest.mark.parametrize(
    ("tool", "result", "said"),
    [
        ("list_tasks", {"items": [], "next_cursor": None}, "You have no tasks yet."),
        ("search_tasks", {"items": [], "next_cursor": None}, "I found nothing."),
        ("add_project", {"name": "Home", "open_task_count": 0}, "I added the project **Home**"),
        ("complete_task", DONE, "Done: **Pay the rent**"),
        ("complete_all_tasks", {"completed": 1}, "Done: I completed 1 task."),
        ("delete_task", {"id": TASK["id"]}, "Done: the task is deleted."),
        ("get_user_stats", {"total": 0, "projects": 0}, "You have no tasks."),
        ("get_user_stats", {**STATISTICS, "projects": 1}, "You have 3 tasks in 1 project:"),
        (
            "add_task",
            {"status": "error", "error_code": "conflict", "message": "it is there already"},
            "That did not work: it is there already.",
        ),
    ],
)
def test_each_result_is_put_into_words(tool: str, result: Any, said: str) -> None:
    assert answer(tool, result).startswith(said)


def test_a_long_list_names_its_first_entries_and_counts_the_rest() -> None:
    said = answer("list_tasks", {"items": [TASK] * 25, "next_cursor": "more"})
    assert said.startswith("You have more than 25 tasks:")
    assert said.endswith("- and 5 more")


def test_a_result_of_another_form_is_passed_on_as_it_is() -> None:
    assert answer_to([], ["SECRET", "[1]"]) == "The tool answered: SECRET\n\nThe tool answered: [1]"


def test_no_json_is_shown_to_a_person_and_all_of_it_where_the_model_is_injected() -> None:
    prompt = Prompt("show my tasks", [ToolCall("get_task", {})], [json.dumps(TASK)])
    assert "{" not in helpful(prompt).text
    assert json.dumps(TASK) in adversarial(prompt).text
    assert adversarial(prompt).text.startswith(helpful(prompt).text)
