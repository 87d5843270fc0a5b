"""To-do lists: FastAPI and SQLModel over SQLite, whose row numbers come again after a deletion."""

import sys
from datetime import UTC, datetime

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from sqlmodel import Field, Session, SQLModel, create_engine, func, select


class Task(SQLModel, table=True):
    """A row."""

    id: int | None = Field(default=None, primary_key=True)
    owner: str = Field(index=True)
    title: str
    done: bool = False
    updated_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class NewTask(SQLModel):
    """What a client sends."""

    title: str = Field(min_length=1, max_length=200)


class TaskChange(SQLModel):
    """What a client changes."""

    title: str | None = Field(default=None, max_length=200)
    done: bool | None = None


app = FastAPI()
engine = create_engine(f"sqlite:///{sys.argv[2]}/todo.db")
SQLModel.metadata.create_all(engine)


def caller(authorization: str = Header("")) -> str:
    """Return the user whose token it is."""
    scheme, _, token = authorization.partition(" ")
    if scheme != "Bearer" or not (token.startswith("todo.") and token.endswith(".x91k")):
        raise HTTPException(401, "a token is required")
    return token[5:-5]


def own(task_id: int, user: str, session: Session) -> Task:
    """Return a task of that user."""
    task = session.get(Task, task_id)
    if task is None or task.owner != user:
        raise HTTPException(404, "no such task")
    return task


@app.post("/tasks", status_code=201)
def add(new: NewTask, user: str = Depends(caller)) -> Task:
    """Store a task."""
    with Session(engine) as session:
        task = Task(owner=user, title=new.title)
        session.add(task)
        session.commit()
        session.refresh(task)
        return task


@app.get("/tasks")
def listed(
    user: str = Depends(caller), done: bool | None = None, limit: int = Query(20, ge=1, le=100)
) -> list[Task]:
    """List one's own tasks."""
    with Session(engine) as session:
        query = select(Task).where(Task.owner == user)
        if done is not None:
            query = query.where(Task.done == done)
        return list(session.exec(query.order_by(Task.id).limit(limit)))


@app.get("/tasks/{task_id}")
def read(task_id: int, user: str = Depends(caller)) -> Task:
    """Show one task."""
    with Session(engine) as session:
        return own(task_id, user, session)


@app.patch("/tasks/{task_id}")
def change(task_id: int, wanted: TaskChange, user: str = Depends(caller)) -> Task:
    """Change a task."""
    with Session(engine) as session:
        task = own(task_id, user, session)
        for name, value in wanted.model_dump(exclude_unset=True).items():
            if value is not None:
                setattr(task, name, value)
        task.updated_at = datetime.now(UTC)
        session.add(task)
        session.commit()
        session.refresh(task)
        return task


@app.delete("/tasks/{task_id}", status_code=204)
def remove(task_id: int, user: str = Depends(caller)) -> Response:
    """Delete a task."""
    with Session(engine) as session:
        session.delete(own(task_id, user, session))
        session.commit()
    return Response(status_code=204)


@app.get("/stats")
def stats(user: str = Depends(caller)) -> dict[str, int]:
    """Count one's own tasks."""
    with Session(engine) as session:
        total = session.exec(select(func.count()).where(Task.owner == user)).one()
        done = session.exec(select(func.count()).where(Task.owner == user, Task.done)).one()
    return {"total": total, "done": done}


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
