"""Tasks with the names of their projects, as rows and as what a caller is shown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, select
from sqlmodel import col

from system.store.models import Project, Task
from system.store.schemas import TaskStatus, TaskView


@cache
def named_tasks() -> Select[Task, str]:
    """Return the statement for tasks with their projects' names, of any owner; made once."""
    in_project = and_(
        col(Project.user_id) == col(Task.user_id),
        col(Project.id) == col(Task.project_id),
    )
    return select(Task, col(Project.name)).join(Project, in_project, isouter=True)


@cache
def of_status(status: TaskStatus) -> ColumnElement[bool]:
    """Return the condition that a task has this status, for all statements the same one."""
    return col(Task.status) == status.value


def lasting(conditions: Sequence[ColumnElement[bool]]) -> bool:
    """Return whether all of these conditions are of those that are made once."""
    return all(any(each is of_status(status) for status in TaskStatus) for each in conditions)


def view_of(row: Row[Any]) -> TaskView:
    """Return a row of `named_tasks` as its readers see it."""
    task, project_name = tuple(row)
    return TaskView(
        **task.model_dump(exclude={"user_id", "author_id"}),
        project_name=project_name,
    )
