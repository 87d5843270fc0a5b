"""`crosstalk env`: the settings and secrets that `compose.yaml` asks for, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.terminal import make_console


def env(
    output: Annotated[
        Path, typer.Option(help="The file to write; one that is there is left alone.")
    ] = Path(".env"),
    real_model: Annotated[
        bool, typer.Option("--real-model", help="Leave a model's key to be filled in.")
    ] = False,
) -> int:
    """Write the secrets that compose.yaml asks for, newly drawn, and say what each is for."""
    from crosstalk.environment.backends.compose_settings import new_settings, write_settings

    chosen = new_settings(offline=not real_model)
    write_settings(output, chosen)
    console = make_console()

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    say(f"wrote {output}, readable by you alone:")
    width = max(len(each.name) for each in chosen)
    for each in chosen:
        say(f"  {each.name:{width}}  {each.purpose}")
    profile = "" if real_model else "--profile offline "
    if real_model:
        say("fill in OPENAI_API_KEY there, then:")
    say(f"docker compose {profile}up --build --wait")
    return ExitCode.CLEAN
