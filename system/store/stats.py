"""Counts over one user's tasks and projects."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlmodel import col

from system.store.models import Project, Task
from system.store.schemas import TaskStatus, UserStats
from system.store.session import UserSession


async def get_user_stats(session: UserSession) -> UserStats:
    """Count the user's tasks by state, and the projects."""

    def having(status: TaskStatus) -> object:
        return func.count().filter(col(Task.status) == status.value)

    overdue = func.count().filter(
        col(Task.status) != TaskStatus.COMPLETED.value,
        col(Task.due_date) < func.current_date(),
    )
    projects = (
        select(func.count())
        .select_from(Project)
        .where(col(Project.user_id) == session.user_id)
        .scalar_subquery()
    )
    statement = select(
        func.count().label("total"),
        *(having(status).label(status.value) for status in TaskStatus),  # type: ignore[attr-defined]
        overdue.label("overdue"),
        projects.label("projects"),
    ).where(col(Task.user_id) == session.user_id)
    row = (await session.execute(statement)).one()
    return UserStats(**row._mapping)
