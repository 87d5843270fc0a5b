"""schemathesis: the REST interface against its OpenAPI description, with both users as peers.

Its probe of a peer sends the same request with the peer's credential. Here the path names the user
as well, and the interface refuses a path that is not the caller's before it looks at the object. So
it runs twice: as its configuration offers, with every check, and through a relay that puts the
caller's own name into the path, where its check of object-level authorization gets as far as the
object. Hooks take out made-up cursors and repeated idempotency keys, which are rightly refused.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks.side_by_side.system_under_test import SystemUnderTest
from benchmarks.side_by_side.tools.base import Command, FinishedCommand, UnreadableReportError

_HOOKS = '''"""What schemathesis has to be told about this interface."""

import secrets

import schemathesis
from schemathesis import GenerationMode


@schemathesis.hook
def before_call(context, case, kwargs):
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

    def commands(self, system: SystemUnderTest) -> list[Command]:
        """All checks and phases; then object-level authorization, the path following the caller."""
        people = [
            {
                "name": person.name,
                "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {person.backend}"}],
            }
            for person in (system.alice, system.bob)
        ]
        peers = json.dumps([person["name"] for person in people])
        configuration = (
            'hooks = "hooks.py"\n[auth.wfc]\npath = "people.json"\n'
            f'user = "{system.alice.name}"\npeers = {peers}\n'
            f'[parameters]\n"path.user_id" = "{system.alice.name}"\n'
        )
        files = {
            "people.json": json.dumps({"schemaVersion": "0.2.0", "auth": people}),
            "schemathesis.toml": configuration,
            "hooks.py": _HOOKS,
        }
        general = ["schemathesis", "--config-file", "schemathesis.toml", "run", "--no-color"]
        general += ["--continue-on-failure", "--max-time", str(self._budget)]
        general += ["--seed", str(system.seed), "--report", "json"]
        general += ["--report-json-path", "report.json", system.openapi_url]
        objects = ["--url", system.own_path_url, "--checks", "object_level_authorization"]
        objects += ["--mode", "positive", "--phases", "fuzzing,stateful"]
        return [
            Command([*general, *more], files=files, success_statuses=frozenset({0, 1}))
            for more in (["--checks", "all"], objects)
        ]

    def findings(self, finished: Sequence[FinishedCommand]) -> set[str]:
        """A failed check of an operation."""
        found = set()
        for each in finished:
            try:
                report = json.loads((each.folder / "report.json").read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise UnreadableReportError(f"no report: {error}") from error
            if not report["test_cases"]["generated"]:
                raise UnreadableReportError("it generated no test case")
            found |= {
                f"{failure['title']}: {operation}"
                for failure in report["failures"]
                for operation in failure["operations"]
            }
        return found
