"""Reference of the command line, made from its verbs and options."""

from __future__ import annotations

import re

import typer
from typer.cli import get_docs_for_click

from crosstalk.cli.app import app

# Its sentences are cut off; every verb has its own part below.
_LIST_OF_VERBS = re.compile(r"\*\*Commands\*\*:\n\n(\* .*\n)+\n*")
_HEADING = re.compile(r"^(#+) ", re.MULTILINE)


def command_line_reference() -> str:
    """Return the page: each verb with its arguments and options."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="crosstalk")
    with context:
        text = get_docs_for_click(obj=command, ctx=context, name="crosstalk")
    text = _LIST_OF_VERBS.sub("", text)
    return f"# Command line\n\n{_HEADING.sub(lambda found: f'#{found[1]} ', text).strip()}\n"
