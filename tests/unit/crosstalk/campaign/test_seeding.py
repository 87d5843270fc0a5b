"""A campaign that begins with a recording: it is served by it, and no credential gets anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.core.history import Actor, Answer, Outcome
from crosstalk.core.principals import ALL_PRINCIPALS
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.rest.request import RequestForm
from crosstalk.targets.base import Target, discovered

SECRETS = ("tok-91c4e7aa20", "s1d-5577aa", "hunter2-hunter2")
KIND = Parameter("kind", {"type": "integer"}, True, Role.VALUE)
TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
FORM = RequestForm(
    "POST", "http://127.0.0.1:1/notes", {each: [("body", each)] for each in ("kind", "text")}, {}
)
ADD = Operation("rest", "rest:POST /notes", (KIND, TEXT), False, extra={"form": FORM})
LIST = Operation("rest", "rest:GET /notes", (), reads_only=True, lists=True)


class Notes:
    """Shows every note to every user; takes one kind of notes alone."""

    def __init__(self) -> None:
        self.rows: list[Any] = []

    def discover(self) -> list[Operation]:
        return [ADD, LIST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        if operation == LIST:
            return Answer(Outcome.OK, 200, list(self.rows))
        if arguments.get("kind") != 7341:
            return Answer(Outcome.ERROR, 422, {"error": "wrong"})
        self.rows.append({"text": str(arguments.get("text"))})
        return Answer(Outcome.OK, 201, self.rows[-1])

    def close(self) -> None:
        """Close nothing."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        return Presented(connection=subject)


def recording(folder: Path) -> Path:
    """Write an archive with a token, a cookie and a password in all places."""
    token, cookie, password = SECRETS
    request = {
        "method": "POST",
        "url": f"http://x.example/notes?access_token={token}",
        "headers": [
            {"name": "Authorization", "value": f"Bearer {token}"},
            {"name": "Cookie", "value": f"sid={cookie}"},
        ],
        "cookies": [{"name": "sid", "value": cookie}],
        "postData": {
            "mimeType": "application/json",
            "text": json.dumps({"kind": 7341, "text": f"as {token}", "password": password}),
        },
    }
    entries = [{"request": request, "response": {"status": 201, "content": {}}}]
    path = folder / "session.har"
    path.write_text(json.dumps({"log": {"entries": entries}}))
    return path


def test_recorded_arguments_are_accepted_and_no_credential_reaches_any_file(
    tmp_path: Path,
) -> None:
    run, kept = tmp_path / "run", tmp_path / "kept"
    run.mkdir()
    kept.mkdir()
    notes = Notes()
    surfaces = {"rest": notes}
    target = Target(
        surfaces,
        notes,
        discovered(surfaces),
        reset=notes.rows.clear,
        principals=replace(ALL_PRINCIPALS, strangers=(), impostors=()),
    )
    options = CampaignOptions(calls=200, seconds=60.0, seed=1, seed_from=recording(kept))
    result = Campaign(target, options, lambda _event: None, run).run()
    assert result.verdict == "leak"
    written = [each for each in run.rglob("*") if each.is_file()]
    assert written
    said = "\n".join(each.read_text() for each in written) + json.dumps(result.summary())
    assert "7341" in said
    assert not [each for each in SECRETS if each in said]
