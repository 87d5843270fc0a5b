"""A REST API with any number of operations: `python -m benchmarks.campaign_growth.server PORT N`.

Five operations a kind of object (list, add, get, change, delete); each user has their own.
"""

import argparse
import itertools
import uuid
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Path
from pydantic import BaseModel

USERS = ("alice", "bob", "carol")
OPERATIONS_EACH = 5
_NOUNS = (
    *("note", "task", "page", "card", "book", "song", "trip", "plan", "bill", "file"),
    *("list", "link", "tag", "goal", "idea", "quote", "photo", "recipe", "budget", "contact"),
)


class Text(BaseModel):
    """Text of one object."""

    text: str


def kinds(operations: int) -> list[str]:
    """Return as many plural nouns as that number of operations takes."""
    named = (
        f"{first}_{noun}s" if first else f"{noun}s" for first in ("", *_NOUNS) for noun in _NOUNS
    )
    return list(itertools.islice(named, max(1, operations // OPERATIONS_EACH)))


def caller(authorization: Annotated[str, Header()] = "") -> str:
    """Return who calls.

    Raises:
        HTTPException: 401, no token that there is.
    """
    user = authorization.removeprefix("Bearer ").removesuffix("-token")
    if user not in USERS:
        raise HTTPException(401)
    return user


Caller = Annotated[str, Depends(caller)]


def make_app(operations: int) -> FastAPI:
    """Return the application with that many operations."""
    app = FastAPI()
    for kind in kinds(operations):
        _add(app, kind)
    return app


def _add(app: FastAPI, kind: str) -> None:
    kept: dict[str, dict[str, str]] = {each: {} for each in USERS}
    named = f"{kind.removesuffix('s')}_id"
    number_of = Annotated[str, Path(alias=named)]

    def shown(user: str, number: str) -> dict[str, str]:
        if number not in kept[user]:
            raise HTTPException(404, "not found")
        return {"id": number, "text": kept[user][number]}

    async def listed(user: Caller) -> list[dict[str, str]]:
        return [shown(user, each) for each in list(kept[user])[-50:]]

    async def added(user: Caller, given: Text) -> dict[str, str]:
        number = str(uuid.uuid4())
        kept[user][number] = given.text
        return shown(user, number)

    async def got(user: Caller, number: number_of) -> dict[str, str]:
        return shown(user, number)

    async def changed(
        user: Caller,
        number: number_of,
        given: Text,
    ) -> dict[str, str]:
        shown(user, number)
        kept[user][number] = given.text
        return shown(user, number)

    async def deleted(
        user: Caller,
        number: number_of,
    ) -> dict[str, str]:
        found = shown(user, number)
        del kept[user][number]
        return found

    one = f"/{kind}/{{{named}}}"
    handlers: tuple[tuple[str, str, Any], ...] = (
        ("GET", f"/{kind}", listed),
        ("POST", f"/{kind}", added),
        ("GET", one, got),
        ("PATCH", one, changed),
        ("DELETE", one, deleted),
    )
    for method, path, handler in handlers:
        app.add_api_route(path, handler, methods=[method])


def main() -> None:
    """Serve until the process ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("operations", type=int)
    given = parser.parse_args()
    uvicorn.run(make_app(given.operations), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
