"""Commands of the README and of the pages for a new user do what the pages say."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crosstalk.environment.runtime.ports import free_port
from tests.integration.documents.blocks import (
    Block,
    blocks_of,
    missing_lines,
    script_of,
    write_files,
)
from tests.integration.pipeline.steps import environment
from tests.repository import ROOT

SECONDS = 560
# Document to the folder in which its reader is.
DOCUMENTS = {
    "README.md": "",
    "docs/tutorial.md": "",
    "docs/howto/login.md": "",
    "docs/howto/many-machines.md": "",
    "docs/howto/mcp-server.md": "",
    "docs/howto/pytest.md": "",
    "docs/howto/rest-api.md": "",
    "examples/notes-mcp/README.md": "examples/notes-mcp",
    "examples/notes-rest/README.md": "examples/notes-rest",
}


def checkout(folder: Path) -> None:
    """Put into a folder what commands of a document may name."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copy(ROOT / "noxfile.py", folder)
    # The sessions themselves, in this environment: `noxw` would install packages.
    noxw = folder / "noxw"
    noxw.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nox --no-venv --no-install "$@"\n')
    noxw.chmod(0o755)


def run(
    folder: Path, blocks: list[Block], port: int, **more: str
) -> tuple[list[tuple[int, str]], str]:
    """Run blocks in one shell; the status and output of each that ended, and what came last.

    Args:
        folder: Where its reader is.
        blocks: In their order.
        port: Takes the place of 8000.
        more: Further environment variables.
    """
    marks = f"ended-{secrets.token_hex(6)}"
    variables = environment(folder, LANG="C.UTF-8", COLUMNS="160", **more)
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    # Its own `crosstalk` before any that is installed there.
    variables["PATH"] = f"{folder / '.tools'}{os.pathsep}{variables['PATH']}"
    script = script_of(blocks, marks).replace("8000", str(port))
    shell = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = shell.communicate(timeout=SECONDS)
    finally:
        # Servers that blocks have started are of its group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
    ended: list[tuple[int, str]] = []
    said: list[str] = []
    for line in output.splitlines():
        if line.startswith(f"{marks} "):
            ended.append((int(line.split()[2]), "\n".join(said)))
            said.clear()
        else:
            said.append(line)
    return ended, "\n".join(said)


def follow(document: str, folder: Path, blocks: list[Block]) -> None:
    """Run blocks of a document, and hold each to its status and to what it must print."""
    checkout(folder)
    here, port = folder / DOCUMENTS[document], free_port()
    write_files(ROOT / document, here, port)
    hold(document, blocks, *run(here, blocks, port))


def hold(document: str, blocks: list[Block], ended: list[tuple[int, str]], last: str) -> None:
    """Hold each block to its status and to what it must print."""
    wrong = []
    for block, (status, output) in zip(blocks, ended, strict=False):
        place = f"{document}:{block.line}"
        if status != block.status:
            wrong.append(f"{place} ended with {status}:\n{output}")
        if missing := missing_lines(block.printed, output):
            wrong.append(f"{place} did not print {missing}, but\n{output}")
    if len(ended) < len(blocks):
        wrong.append(f"{document}:{blocks[len(ended)].line} ended the run:\n{last}")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "document",
    [
        # The tutorial takes a minute; pages of the examples have the README's steps over again.
        pytest.param(name, marks=pytest.mark.long if name != "README.md" else ())
        for name in DOCUMENTS
    ],
)
def test_commands_of_a_document_do_what_it_says(
    document: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every = blocks_of(ROOT / document)
    now = [each for each in every if each.left_out is None and not each.long]
    with capsys.disabled():
        long = sum(each.long for each in every)
        print(f"\n{document}: {len(every)} blocks, {len(now)} run, {long} by the session `long`")
        for each in every:
            if each.left_out is not None:
                print(f"  line {each.line} is not run: {each.left_out}")
    assert now, "no command is run"
    follow(document, tmp_path, now)


@pytest.mark.timeout(600)
@pytest.mark.long
def test_long_commands_of_the_readme_do_what_it_says(tmp_path: Path) -> None:
    follow("README.md", tmp_path, [each for each in blocks_of(ROOT / "README.md") if each.long])


def test_a_command_that_fails_and_one_that_prints_something_else_are_noticed(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\necho one 1\n```\n\n```text\none 2\n```\n\n"
        "<!-- ends with 3 -->\n```sh\nfalse\nexit_with() { return 3; }; exit_with\n```\n\n"
        "<!-- not run: a\nreason -->\n```sh\nfalse\n```\n\n```sh\nfalse\necho two\n```\n"
    )
    first, second, third, fourth = blocks_of(page)
    assert (third.left_out, second.status) == ("a reason", 3)
    (tmp_path / "work").mkdir()
    ended, last = run(tmp_path / "work", [first, second, fourth], free_port())
    assert ended == [(0, "one 1"), (3, "")]
    assert last == ""
    assert missing_lines(first.printed, "one 1") == []
    assert missing_lines(("one …", "two"), "two\none 7") == ["two"]
    page.write_text("```console\n$ echo\n```\n")
    with pytest.raises(ValueError, match=r"page\.md:1: a fence of kind 'console'"):
        blocks_of(page)
