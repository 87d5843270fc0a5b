"""What the example servers share: who calls, by a signed token, and which faults are planted.

`LEAKS=all` plants every fault of a server, `LEAKS=name,name` some; without it there are none.
"""

from __future__ import annotations

import os
import sys
import uuid
from dataclasses import dataclass
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from jose import JWTError, jwt

SECRET = "the-example-servers-sign-with-this"  # noqa: S105 - an example on loopback


@dataclass(frozen=True)
class Caller:
    """Who calls, as their token says."""

    user: str
    tenant: str
    role: str


def caller(authorization: Annotated[str, Header()] = "") -> Caller:
    """Return who calls.

    Raises:
        HTTPException: There is no valid token.
    """
    try:
        claims = jwt.decode(authorization.removeprefix("Bearer "), SECRET, algorithms=["HS256"])
    except JWTError as error:
        raise HTTPException(401, "unauthorized") from error
    return Caller(claims["sub"], claims.get("tenant", ""), claims.get("role", "member"))


Who = Annotated[Caller, Depends(caller)]


def leaks(name: str) -> bool:
    """Return whether a fault is planted."""
    return bool({"all", name} & set(os.environ.get("LEAKS", "").split(",")))


def not_found() -> HTTPException:
    """Return the answer for what is missing, and for what is not the caller's."""
    return HTTPException(404, "not found")


def new_id() -> str:
    """Return an id that cannot be guessed."""
    return str(uuid.uuid4())


def serve(app: FastAPI, **options: Any) -> None:
    """Listen on the port that the command line names."""
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", **options)
