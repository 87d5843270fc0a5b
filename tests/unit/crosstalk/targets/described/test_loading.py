"""A `crosstalk.toml` that cannot be used says in one line what to set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crosstalk.targets.described import TargetFileError, load_target, opened_target

MCP = '[mcp]\nurl = "http://127.0.0.1:1/mcp"\n'
WHO = '[identity]\nby = ["argument"]\narguments = ["user_id"]\n'


def write(folder: Path, text: str) -> Path:
    """A file with that text."""
    file = folder / "crosstalk.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "say where the system is"),
        (WHO, r"say where the system is: \[mcp\]"),
        (MCP + '[identity]\nby = ["passport"]\n', r"identity.by.0: input should be .*'passport'"),
        (MCP + '[identity]\nby = ["argument"]\n', "set identity.arguments"),
        (MCP + '[identity]\nby = ["bearer"]\n', "nothing says where tokens come from"),
        (MCP + '[identity]\nby = ["login"]\n', r"\[identity.login\]"),
        (MCP + '[identity]\nby = ["none", "bearer"]\n', "choose"),
        (MCP + WHO + "[mint]\n", "there is no setting mint"),
        (MCP + WHO + "[users.ann]\n", "two users at least"),
        (
            MCP + WHO + "".join(f"[users.{name}]\n" for name in ("ann", "ben", "cat", "dan")),
            "leave out dan",
        ),
        ('[mcp]\ntransport = "stdio"\n' + WHO, "set mcp.command"),
        ('[mcp]\ntransport = "sse"\n' + WHO, "set mcp.url"),
        (
            '[mcp]\ntransport = "stdio"\ncommand = ["x"]\n[identity]\nby = ["header"]\n',
            "has no headers",
        ),
        (MCP + WHO + '[tools.x]\nkind = "eat"\n', "tools.x.kind: input should be"),
        (MCP + WHO + '[tools.x.arguments]\ny = "thing"\n', "tools.x.arguments.y"),
        ("[mcp\n", "is not TOML"),
        ('[rest]\nopenapi = "x"\nalso = ["/notes"]\n' + WHO, "is not an operation: write method"),
        ('[rest]\nopenapi = "x"\n[tools.y]\n' + WHO, "there is no \\[mcp\\]"),
    ],
)
def test_mistakes_are_one_line_that_names_the_setting(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TargetFileError, match=said) as caught:
        load_target(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(TargetFileError, match="crosstalk init"):
        load_target(tmp_path / "crosstalk.toml")


def test_secrets_may_stand_in_the_environment(tmp_path: Path) -> None:
    file = write(tmp_path, MCP + '[identity]\nby = ["bearer"]\ntoken = "${WORD}-{user}"\n')
    assert load_target(file, {"WORD": "abc"}).identities()["mcp"].token == "abc-{user}"
    with pytest.raises(TargetFileError, match=r"identity.token names \$WORD"):
        load_target(file, {})


def test_guesses_must_be_confirmed_first(tmp_path: Path) -> None:
    file = write(tmp_path, "confirmed = false\n" + MCP + WHO)
    with (
        pytest.raises(TargetFileError, match="confirmed = true"),
        opened_target(file),
    ):
        pass


@pytest.mark.parametrize(
    ("setting", "accepted"),
    [
        ("", {"number-gaps", "number-reuse"}),
        ("accepted = []\n", set()),
        ('accepted = ["shared-limits"]\n', {"number-gaps", "number-reuse", "shared-limits"}),
    ],
)
def test_accepted_weaknesses_are_added_to_those_by_default_or_none_is(
    tmp_path: Path, setting: str, accepted: set[str]
) -> None:
    assert load_target(write(tmp_path, setting + MCP + WHO)).accepts() == accepted


def test_skipped_operations_have_the_reason_that_the_file_gives(tmp_path: Path) -> None:
    rest = '[rest]\nopenapi = "http://127.0.0.1:1/openapi.json"\n'
    tools = '[tools.wipe]\nskip = "it empties the disk"\n[tools.off]\nskip = true\n'
    reasons = '[rest.skip]\n"GET /slow" = "it takes a minute"\n'
    config = load_target(write(tmp_path, MCP + rest + reasons + WHO + tools))
    assert config.skipped() == {
        "mcp:wipe": "it empties the disk",
        "mcp:off": "no reason is given",
        "rest:GET /slow": "it takes a minute",
    }


def test_one_text_needs_no_brackets_where_several_may_stand(tmp_path: Path) -> None:
    one = (
        'accepted = "shared-limits"\n[rest]\nopenapi = "x"\npublic = "GET /a"\nskip = "GET /b"\n'
        '[identity]\nby = "none"\n[roles]\nadmin = "carol"\n[tenants]\nacme = "bob"\n'
        '[policy]\ntranscripts = "*"\n[[policy.allow]]\nto = "*"\noperations = "GET /*"\n'
        '[[policy.reserve]]\nto = "admin"\noperations = "* /admin/*"\n'
        '[policy.fields]\nown = "phone"\n'
    )
    names = "accepted|public|skip|by|admin|acme|transcripts|to|operations|own"
    listed = re.sub(rf'(?m)^({names}) = (".*")$', r"\1 = [\2]", one)
    assert listed.count("[") == one.count("[") + 12
    assert load_target(write(tmp_path, one)) == load_target(write(tmp_path, listed))


def test_files_of_keys_are_beside_the_description(tmp_path: Path) -> None:
    key = '[identity]\nby = ["bearer"]\n[identity.mint]\nkey_file = "keys/secret"\n'
    identity = load_target(write(tmp_path, MCP + key)).identities()["mcp"]
    assert identity.mint is not None
    assert identity.mint.key_file == str(tmp_path / "keys" / "secret")


def test_start_without_a_port_says_where_to_write_it(tmp_path: Path) -> None:
    rest = '[rest]\nopenapi = "http://127.0.0.1:8000/o.json"\n' + WHO
    with pytest.raises(TargetFileError, match=r"start.command says no port to listen on: write"):
        load_target(write(tmp_path, '[start]\ncommand = ["python", "server.py"]\n' + rest))
    by_variable = '[start]\ncommand = ["x"]\nenvironment = {PORT = "{port}"}\n'
    load_target(write(tmp_path, by_variable + rest))
