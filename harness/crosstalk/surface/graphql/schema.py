"""A GraphQL schema as introspection gives it (GraphQL, October 2021, section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.http.json_text import loads

_REF = "kind name" + " ofType { kind name" * 5 + " }" * 5
INTROSPECTION = f"""query Introspection {{ __schema {{
  queryType {{ name }} mutationType {{ name }}
  types {{ kind name possibleTypes {{ name }} enumValues {{ name }}
    fields {{ name args {{ name defaultValue type {{ {_REF} }} }} type {{ {_REF} }} }}
    inputFields {{ name defaultValue type {{ {_REF} }} }} }} }} }}"""
# Levels of objects below a field whose fields are asked for, and fields of one object.
_DEEPEST = 4
_MOST_FIELDS = 40
_DEEPEST_INPUT = 4
_NUMBERS = {"Int": "integer", "Float": "number", "Boolean": "boolean"}
_FORMATS = {
    "date": "date",
    "datetime": "date-time",
    "timestamp": "date-time",
    "uuid": "uuid",
    "email": "email",
    "emailaddress": "email",
    "url": "uri",
    "uri": "uri",
}


@dataclass(frozen=True, slots=True)
class Schema:
    """Types of a schema by name, and the names of its roots.

    Attributes:
        types: As introspection describes them.
        query: Name of the type of queries.
        mutation: Name of the type of mutations; empty where there are none.
    """

    types: Mapping[str, Mapping[str, Any]]
    query: str
    mutation: str

    def fields(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return the fields of a type; none of one that has none."""
        return self.types.get(name, {}).get("fields") or ()

    def selection(self, ref: Mapping[str, Any], above: tuple[str, ...] = ()) -> str | None:
        """Return what is asked for of a value, with braces; empty of a scalar.

        Fields that need arguments are left out, and types that stand above.

        Returns:
            None where nothing can be asked for: the field above is left out too.
        """
        name = named(ref)
        kind = self.types.get(name, {}).get("kind")
        if kind not in ("OBJECT", "INTERFACE", "UNION"):
            return ""
        if name in above or len(above) >= _DEEPEST:
            return None
        chosen = self._chosen(name, (*above, name))
        if kind == "UNION" or (kind == "INTERFACE" and not chosen):
            chosen = ["__typename"]
            for each in self.types[name].get("possibleTypes") or ():
                inner = self._chosen(each["name"], (*above, name, each["name"]))
                chosen += [f"... on {each['name']} {{ {' '.join(inner)} }}"] if inner else []
        return f"{{ {' '.join(chosen)} }}" if chosen else None

    def _chosen(self, name: str, above: tuple[str, ...]) -> list[str]:
        found = []
        for each in self.fields(name):
            inner = self.selection(each["type"], above)
            if inner is not None and not any(map(required, each.get("args") or ())):
                found.append(f"{each['name']} {inner}".strip())
        return found[:_MOST_FIELDS]

    def json_schema(self, ref: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
        """Return the JSON Schema of the values that a type takes."""
        if ref["kind"] == "NON_NULL":
            return self.json_schema(ref["ofType"], depth)
        if ref["kind"] == "LIST":
            return {"type": "array", "items": self.json_schema(ref["ofType"], depth)}
        name = str(ref["name"])
        known = self.types.get(name, {})
        if known.get("kind") == "ENUM":
            return {"type": "string", "enum": [e["name"] for e in known.get("enumValues") or ()]}
        if known.get("kind") == "INPUT_OBJECT" and depth < _DEEPEST_INPUT:
            fields = known.get("inputFields") or ()
            properties = {e["name"]: self.json_schema(e["type"], depth + 1) for e in fields}
            needed = [each["name"] for each in fields if required(each)]
            return {"type": "object", "properties": properties, "required": needed}
        if name in _NUMBERS:
            return {"type": _NUMBERS[name]}
        form = _FORMATS.get(name.lower())
        return {"type": "string", **({"format": form} if form else {})}


def fetched_schema(http: httpx2.Client, url: str, headers: Mapping[str, str]) -> Schema:
    """Return the schema that a server says it has.

    Args:
        http: Asks for it.
        url: Of the endpoint.
        headers: That the request has, e.g. a user's credential.

    Raises:
        SurfaceError: It cannot be reached, or does not answer introspection.
    """
    try:
        response = http.post(url, json={"query": INTROSPECTION}, headers=dict(headers))
        found = loads(response.text)
    except (httpx2.HTTPError, ValueError) as error:
        raise SurfaceError(f"no GraphQL at {url} ({type(error).__name__})") from error
    data = found.get("data") if isinstance(found, Mapping) else None
    schema = data.get("__schema") if isinstance(data, Mapping) else None
    if not isinstance(schema, Mapping):
        errors = found.get("errors") if isinstance(found, Mapping) else None
        said = str(errors[0].get("message"))[:200] if isinstance(errors, list) and errors else ""
        raise SurfaceError(
            f"{url} does not answer introspection ({said or f'HTTP {response.status_code}'}): "
            "allow it where the system is tested"
        )
    types = {str(each["name"]): each for each in schema.get("types") or ()}
    roots = [(schema.get(each) or {}).get("name") or "" for each in ("queryType", "mutationType")]
    return Schema(types, *roots)


def named(ref: Mapping[str, Any]) -> str:
    """Return the name of a type inside lists and non-null."""
    while ref.get("ofType"):
        ref = ref["ofType"]
    return str(ref.get("name"))


def written_type(ref: Mapping[str, Any]) -> str:
    """Return a type as a variable's declaration writes it, e.g. `[ID!]!`."""
    if ref["kind"] == "NON_NULL":
        return f"{written_type(ref['ofType'])}!"
    if ref["kind"] == "LIST":
        return f"[{written_type(ref['ofType'])}]"
    return str(ref["name"])


def required(argument: Mapping[str, Any]) -> bool:
    """Return whether a field or an input must be given."""
    return argument["type"]["kind"] == "NON_NULL" and argument.get("defaultValue") is None
