"""Contract with the frontend: `python -m system.backend.openapi.contract > FILE`.

The part of the OpenAPI document that a client's types come from, without words and without what a
release of FastAPI may change. The frontend keeps a copy (`lib/backend/contract.json`) and makes its
types of it; a test compares the copy with the backend. Not a document for people: that is `/docs`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from system.backend.app import create_app
from system.backend.settings import BackendSettings

_PREFIXES = tuple(
    f"/api/{{user_id}}/{each}" for each in ("account", "tasks", "projects", "invitations", "stats")
)
_WORDS = ("title", "description", "examples", "summary", "tags", "security")
# Checked by the backend alone; a change of them is none for the page.
_CHECKS = ("not", "pattern")
_REFERENCE = "#/components/schemas/"


def contract() -> dict[str, Any]:
    """The operations of the task page, and the schemas they name."""
    # Nothing is reached when an application is only made.
    settings = BackendSettings.model_validate(
        {
            "database_url": "postgresql://nobody@127.0.0.1/none",
            "cursor_secret": "-" * 32,
            "trusted_issuers": [
                {
                    "issuer": "http://127.0.0.1",
                    "jwks_url": "http://127.0.0.1/jwks",
                    "audience": "none",
                    "algorithms": ["EdDSA"],
                }
            ],
        }
    )
    document = create_app(settings).openapi()
    paths = {
        path: {method: _operation(each) for method, each in sorted(operations.items())}
        for path, operations in sorted(document["paths"].items())
        if path.startswith(_PREFIXES)
    }
    schemas: dict[str, Any] = {}
    _collect(paths, document["components"]["schemas"], schemas)
    return {
        "openapi": document["openapi"],
        "info": {"title": "What the page relies on", "version": "1"},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    answers = {
        status: {"description": "", "content": _wordless(answer["content"])}
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    }
    parameters = [each for each in operation["parameters"] if each["in"] in ("path", "query")]
    found = {"parameters": _wordless(parameters), "responses": answers}
    if "requestBody" in operation:
        found["requestBody"] = _wordless(operation["requestBody"])
    return found


def _wordless(value: Any, names: bool = False) -> Any:
    """Remove words and checks; under `properties` the same words are names of fields."""
    if isinstance(value, list):
        return [_wordless(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _wordless(each, names=key == "properties" and not names)
        for key, each in value.items()
        if names or key not in (*_WORDS, *_CHECKS)
    }


def _collect(value: Any, known: dict[str, Any], found: dict[str, Any]) -> None:
    if isinstance(value, dict):
        name = str(value.get("$ref", "")).removeprefix(_REFERENCE)
        if name in known and name not in found:
            found[name] = _wordless(known[name])
            _collect(found[name], known, found)
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list):
            _collect(each, known, found)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(contract(), indent=2) + "\n")
