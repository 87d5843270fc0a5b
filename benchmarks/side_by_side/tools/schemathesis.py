"""schemathesis: the REST interface against its OpenAPI description, with both users as peers.

It runs twice. In the first run every request goes under the path of the first user, which is what
its configuration offers; a peer then asks for another's path. In the second a hook puts the
caller's own name into the path, so that a peer asks for another's object under its own path. The
hooks also take out made-up cursors and repeated idempotency keys, which the interface rightly
refuses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks.side_by_side.subject import Subject
from benchmarks.side_by_side.tools.base import Command, Ended, NotReadableError

_HOOKS = '''"""What schemathesis has to be told about this interface."""

import secrets

import schemathesis
from schemathesis import GenerationMode


@schemathesis.hook
def before_call(context, case, kwargs):
    if OWN_PATH and case.auth_identity and "user_id" in (case.path_parameters or {}):
        case.path_parameters["user_id"] = case.auth_identity
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if case.query:
        case.query.pop("cursor", None)
    if case.headers and "Idempotency-Key" in case.headers:
        quoted = str(case.headers["Idempotency-Key"]).startswith('"')
        key = secrets.token_hex(16)
        case.headers["Idempotency-Key"] = f'"{key}"' if quoted else key
'''


class Schemathesis:
    """Property-based tests of an OpenAPI description."""

    name = "schemathesis"
    version = "4.32.5"
    meant_for = "whether a REST interface does what its OpenAPI description says"
    given = "both users as peers, all checks with ignored_auth and object_level_authorization"
    seconds = 180.0

    def __init__(self, budget_seconds: int = 40) -> None:
        self._budget = budget_seconds

    def commands(self, subject: Subject) -> list[Command]:
        """All checks and phases; first under one path, then under everybody's own."""
        people = [
            {
                "name": person.name,
                "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {person.backend}"}],
            }
            for person in (subject.alice, subject.bob)
        ]
        peers = json.dumps([person["name"] for person in people])
        configuration = (
            'hooks = "hooks.py"\n[auth.wfc]\npath = "people.json"\n'
            f'user = "{subject.alice.name}"\npeers = {peers}\n'
            f'[parameters]\n"path.user_id" = "{subject.alice.name}"\n'
        )
        arguments = ["schemathesis", "--config-file", "schemathesis.toml", "run", "--no-color"]
        arguments += ["--checks", "all", "--continue-on-failure"]
        arguments += ["--max-time", str(self._budget), "--seed", str(subject.seed)]
        arguments += ["--report", "json", "--report-json-path", "report.json", subject.openapi_url]
        return [
            Command(
                arguments,
                files={
                    "people.json": json.dumps({"schemaVersion": "0.2.0", "auth": people}),
                    "schemathesis.toml": configuration,
                    "hooks.py": f"{_HOOKS}\n\nOWN_PATH = {own_path}\n",
                },
                ended_well=frozenset({0, 1}),
            )
            for own_path in (False, True)
        ]

    def findings(self, ended: Sequence[Ended]) -> set[str]:
        """A failed check of an operation."""
        found = set()
        for each in ended:
            try:
                report = json.loads((each.folder / "report.json").read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise NotReadableError(f"no report: {error}") from error
            if not report["test_cases"]["generated"]:
                raise NotReadableError("it generated no test case")
            found |= {
                f"{failure['title']}: {operation}"
                for failure in report["failures"]
                for operation in failure["operations"]
            }
        return found
