"""Requests of one GraphQL field by plain POST (GraphQL over HTTP), and what their answers hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.json_text import encode
from crosstalk.surface.nesting import nested
from crosstalk.surface.rest.bodies import BodyForm
from crosstalk.surface.rest.request import Request, RequestForm, UnsendableError

Together = Literal["", "aliases", "batch"]
_JSON = BodyForm("json", "application/json")


@dataclass(frozen=True, slots=True)
class GraphQLForm:
    """Recipe for the requests of one field.

    Attributes:
        url: Of the endpoint.
        root: `query` or `mutation`.
        field: Name of the field.
        variables: Argument to its type, as a declaration writes it.
        selection: What is asked for of the result, with braces; empty for a scalar.
        paths: Flat argument name to where it stands in the variables.
        types: Flat argument name to the type of its JSON Schema.
        together: How a list of ids is asked for at once: as `aliases` of one document, as a `batch`
            of requests, or not at all.
    """

    url: str
    root: str
    field: str
    variables: Mapping[str, str]
    selection: str
    paths: Mapping[str, Sequence[str]]
    types: Mapping[str, str]
    together: Together = ""
    method: str = "POST"

    def request(self, arguments: Mapping[str, Any], presented: Presented) -> Request:
        """Return the request for these arguments, whatever they are.

        Raises:
            UnsendableError: JSON or HTTP cannot express an argument.
        """
        plain = RequestForm("POST", self.url, {}, {}, body=_JSON).request({}, presented)
        try:
            return replace(plain, content=encode(self.json_body(arguments)))
        except (ValueError, RecursionError) as error:
            raise UnsendableError(f"the variables are not expressible ({error})") from error

    def read(self, answer: Answer) -> Answer:
        """Return an answer with the result alone, or as an error where it holds nothing else.

        GraphQL answers errors with 200, too (GraphQL, October 2021, section 7.1).
        """
        bodies = answer.body if isinstance(answer.body, list) else [answer.body]
        if answer.outcome is not Outcome.OK or not all(isinstance(e, Mapping) for e in bodies):
            return answer
        errors = [one for each in bodies for one in each.get("errors") or ()]
        results = [_results(each.get("data")) for each in bodies]
        values = [value for each in results for value in each]
        if errors and all(value is None for value in values):
            first = errors[0] if isinstance(errors[0], Mapping) else {}
            extensions = first.get("extensions")
            code = extensions.get("code") if isinstance(extensions, Mapping) else None
            said = first.get("message")
            return replace(
                answer,
                outcome=Outcome.ERROR,
                code=str(code) if code is not None else None,
                message=said if isinstance(said, str) else None,
            )
        if any(set(each) - {"data"} for each in bodies):
            return answer
        return replace(answer, body=values if self.together else next(iter(values), None))

    def json_body(self, arguments: Mapping[str, Any]) -> Any:
        """Return the body of the request for these arguments."""
        if not self.together:
            return self._one(self._given(arguments))
        (name,) = self.variables
        ids = arguments.get(name)
        ids = ids if isinstance(ids, list) else [ids]
        if self.together == "batch":
            return [self._one({name: self._typed(name, each)}) for each in ids]
        kind, places = self.variables[name], range(len(ids))
        declared = ", ".join(f"$v{place}: {kind}" for place in places)
        asked = " ".join(
            f"a{place}: {self.field}({name}: $v{place}) {self.selection}" for place in places
        )
        given = {f"v{place}": self._typed(name, each) for place, each in enumerate(ids)}
        return {"query": f"{self.root}({declared}) {{ {asked} }}", "variables": given}

    def _one(self, given: Mapping[str, Any]) -> dict[str, Any]:
        known = [name for name in self.variables if name in given]
        declared = ", ".join(f"${name}: {self.variables[name]}" for name in known)
        passed = ", ".join(f"{name}: ${name}" for name in known)
        head = f"({declared})" if known else ""
        call = f"{self.field}({passed})" if known else self.field
        query = f"{self.root}{head} {{ {call} {self.selection} }}"
        return {"query": query, "variables": dict(given)}

    def _given(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        typed = {name: self._typed(name, value) for name, value in arguments.items()}
        return nested(typed, self.paths)

    def _typed(self, name: str, value: Any) -> Any:
        number = self.types.get(name) in ("integer", "number")
        return int(value) if number and isinstance(value, str) and value.isdecimal() else value


def _results(data: Any) -> list[Any]:
    return list(data.values()) if isinstance(data, Mapping) else [None]
