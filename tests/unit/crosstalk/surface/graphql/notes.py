"""A GraphQL server of notes on loopback, run by graphql-core."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from graphql import GraphQLError, build_schema, graphql_sync

from crosstalk.surface.rest import RestSurface
from tests.unit.crosstalk.surface.loopback import Asked, Said, answering, as_json

SCHEMA = """
enum Level { LOW HIGH }
scalar DateTime
input NewNote { text: String!, level: Level, at: DateTime, tags: [String!] }
interface Node { id: ID! }
type Person implements Node { id: ID!, name: String!, notes: [Note!]! }
type Note implements Node { id: ID!, text: String!, owner: Person!, part(no: Int!): String }
union Found = Note | Person
type Edge { node: Note! }
type Page { edges: [Edge!]!, pageInfo: Info! }
type Info { endCursor: String }
type Session { token: String! }
type Query {
  note(id: ID!): Note
  notes(first: Int = 10): Page!
  find(q: String!): [Found!]!
  n: Int
}
type Mutation {
  addNote(note: NewNote!): Note!
  deleteNote(id: ID!): Boolean!
  login(username: String!, password: String!): Session!
}
"""


class Notes:
    """Resolvers: `note` shows any user's note by its id, and nothing of an unknown one."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self._notes: dict[str, dict[str, Any]] = {}

    def note(self, _: Any, id: str) -> Any:  # noqa: A002
        """Return a note, whoever asks."""
        return self._notes.get(id)

    def notes(self, info: Any, first: int = 10) -> Any:
        """Return the caller's notes."""
        mine = [e for e in self._notes.values() if e["owner"]["name"] == info.context]
        return {"edges": [{"node": each} for each in mine[:first]], "pageInfo": {}}

    def find(self, _: Any, q: str) -> Any:
        """Refuse."""
        raise GraphQLError(f"no index for {q}", extensions={"code": "UNAVAILABLE"})

    def addNote(self, info: Any, note: Any) -> Any:  # noqa: N802
        """Store a note of the caller's."""
        key = f"n-{len(self._notes) + 1}"
        person = {"id": "p1", "name": info.context, "notes": []}
        self._notes[key] = {"id": key, "text": note["text"], "owner": person}
        return self._notes[key]

    def deleteNote(self, _: Any, id: str) -> Any:  # noqa: A002, N802
        """Remove a note."""
        return self._notes.pop(id, None) is not None

    def login(self, _: Any, username: str, password: str) -> Any:
        """Give a token."""
        return {"token": f"tok-{username}-{len(password)}"}


@contextmanager
def graphql_server() -> Iterator[tuple[str, Notes]]:
    """Return the URL of a server until the block ends, with what arrived there."""
    notes, schema = Notes(), build_schema(SCHEMA)

    def one(asked: Any, caller: str) -> Any:
        result = graphql_sync(
            schema,
            asked["query"],
            notes,
            context_value=caller,
            variable_values=asked.get("variables"),
        )
        return result.formatted

    def serve(request: Asked) -> Said:
        if request.path != "/graphql" or request.method != "POST":
            return as_json({}, 404)
        asked = json.loads(request.body)
        notes.asked.append(asked)
        caller = request.headers.get("authorization", "").removeprefix("Bearer ")
        if isinstance(asked, list):
            return as_json([one(each, caller) for each in asked])
        return as_json(one(asked, caller))

    with answering(serve) as url:
        yield f"{url}/graphql", notes


@contextmanager
def graphql_surface() -> Iterator[tuple[RestSurface, Notes]]:
    """Return a surface of the server, and what arrived there."""
    with graphql_server() as (url, notes):
        surface = RestSurface("", document="", graphql=url)
        try:
            yield surface, notes
        finally:
            surface.close()
