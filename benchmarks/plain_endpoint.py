"""A plain FastAPI endpoint that lists tasks by the same query, with nothing in front of it."""

from __future__ import annotations

import argparse

import uvicorn
from fastapi import FastAPI

from system.store import Store, StoreSettings, tasks
from system.store.schemas import TaskPage


def create_app(store: Store) -> FastAPI:
    """Make the application."""
    app = FastAPI()

    @app.get("/tasks")
    async def list_tasks(user_id: str) -> TaskPage:
        async with store.user_session(user_id) as session:
            return await tasks.list_tasks(session)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    app = create_app(Store(StoreSettings()))
    uvicorn.run(app, host="127.0.0.1", port=parser.parse_args().port, access_log=False)


if __name__ == "__main__":
    main()
