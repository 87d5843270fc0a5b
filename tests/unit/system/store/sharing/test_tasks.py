"""The half of a list that members share is put together once for first pages."""

from __future__ import annotations

from typing import Any, cast

from sqlmodel import col

from system.store.models import Task, new_id
from system.store.schemas import TaskStatus
from system.store.session import UserSession
from system.store.sharing.task_views import of_status
from system.store.sharing.tasks import newest_tasks

_SESSION = cast(UserSession, None)


def _status_in(statement: Any) -> set[str]:
    values = {str(each) for each in statement.compile().params.values()}
    return values & {each.value for each in TaskStatus}


def test_first_page_of_one_status_is_put_together_once_and_is_of_that_status() -> None:
    made = {
        status: newest_tasks(_SESSION, [of_status(status)], 21)
        for status in (*TaskStatus, *TaskStatus)
    }
    for status, statement in made.items():
        assert newest_tasks(_SESSION, [of_status(status)], 21) is statement
        assert newest_tasks(_SESSION, [of_status(status)], 22) is not statement
        assert _status_in(statement) == {status.value}
    assert newest_tasks(_SESSION, [], 21) is newest_tasks(_SESSION, [], 21)


def test_later_page_and_other_filters_are_put_together_each_time() -> None:
    after = col(Task.id) < new_id()
    for filters in ([after], [of_status(TaskStatus.PENDING), after]):
        statement = newest_tasks(_SESSION, filters, 21)
        assert newest_tasks(_SESSION, filters, 21) is not statement
