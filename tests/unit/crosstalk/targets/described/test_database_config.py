"""`[database]` of a crosstalk.toml: what it may hold, and what is set for a subject."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from crosstalk.targets.described.database_config import DatabaseConfig
from crosstalk.targets.described.init.database import database_comment

URL = "postgresql://service:word@localhost/notes"


def _config(**given: Any) -> DatabaseConfig:
    return DatabaseConfig.model_validate({"url": URL, **given})


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({}, "row_security = false"),
        ({"settings": {"app.user_id": "alice"}}, "write {user} where it stands"),
        ({"url": "mysql://localhost/notes", "role": "{user}"}, "not a URL of PostgreSQL"),
        ({"role": "{user}", "subjects": ["one"]}, "two that differ"),
        ({"role": "{user}", "subjects": [1, 1]}, "two that differ"),
    ],
)
def test_description_that_cannot_be_used_says_what_to_write(
    given: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(ValidationError, match=remedy.replace("{", r"\{").replace("}", r"\}")):
        _config(**given)


def test_subject_stands_in_settings_and_is_empty_without_one() -> None:
    access = _config(settings={"app.user_id": "{user}", "app.kind": "person"}).access([])
    assert access.values("ann") == {"app.user_id": "ann", "app.kind": "person"}
    assert access.values(None) == {"app.user_id": "", "app.kind": ""}


def test_claims_are_json_with_the_subject_and_the_anonymous_role_has_none() -> None:
    access = _config(
        claims={"sub": "{user}", "level": 2}, role="authenticated", anonymous_role="anon"
    ).access([])
    (claims,) = access.values('an"n').values()
    assert json.loads(claims) == {"sub": 'an"n', "level": 2}
    assert json.loads(access.values(None)["request.jwt.claims"]) == {"role": "anon"}
    assert (access.role_of("ann"), access.role_of(None)) == ("authenticated", "anon")


def test_role_may_be_the_user_s_own() -> None:
    assert _config(role="app_{user}").access([]).role_of("ann") == "app_ann"


def test_listed_users_are_the_subjects_unless_the_table_names_some() -> None:
    assert _config(role="{user}").access(["ann", "ben", "cat"]).subjects == ("ann", "ben")
    assert _config(role="{user}", subjects=[7, 8]).access(["ann", "ben"]).subjects == ("7", "8")
    assert _config(role="{user}").access(["ann"]).subjects == ()


def test_driver_is_taken_out_of_the_url() -> None:
    config = _config(url="postgresql+asyncpg://localhost/notes", row_security=False)
    assert config.access([]).url == "postgresql://localhost/notes"


def test_commented_part_of_a_new_file_is_a_table_that_can_be_used() -> None:
    lines = [each.removeprefix("# ") for each in database_comment()]
    table = tomllib.loads("\n".join(lines[lines.index("[database]") :]))["database"]
    del table["row_security"]
    assert DatabaseConfig.model_validate({**table, "url": URL}).row_security
