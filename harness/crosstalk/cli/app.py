"""The `crosstalk` command, put together from the verbs' modules.

Exit codes are those of `crosstalk.core.exit_codes`; docs/exit-codes.md explains them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Annotated, ParamSpec

import typer

from crosstalk.cli.commands import HelpfulCommand
from crosstalk.cli.options import EXIT_CODES
from crosstalk.cli.verbs.accept import accept
from crosstalk.cli.verbs.baseline import baseline
from crosstalk.cli.verbs.conformance import conformance
from crosstalk.cli.verbs.coverage import coverage
from crosstalk.cli.verbs.deadlock import deadlock
from crosstalk.cli.verbs.demo import demo
from crosstalk.cli.verbs.demonstrations import demonstrations
from crosstalk.cli.verbs.deployment.compose import compose
from crosstalk.cli.verbs.deployment.doctor import doctor
from crosstalk.cli.verbs.deployment.env import env
from crosstalk.cli.verbs.deployment.mint import mint
from crosstalk.cli.verbs.deployment.up import up
from crosstalk.cli.verbs.diff import diff
from crosstalk.cli.verbs.faults import faults
from crosstalk.cli.verbs.forgeries import forgeries
from crosstalk.cli.verbs.hostile import hostile
from crosstalk.cli.verbs.init import init
from crosstalk.cli.verbs.isolation import isolation
from crosstalk.cli.verbs.mcp import mcp
from crosstalk.cli.verbs.mutants import mutants
from crosstalk.cli.verbs.plan import plan
from crosstalk.cli.verbs.policy import policy
from crosstalk.cli.verbs.replay import replay
from crosstalk.cli.verbs.schema import schema
from crosstalk.core.version import harness_version
from crosstalk.environment.runtime.exit_status import exit_status

app = typer.Typer(
    name="crosstalk",
    help="Finds data crossing between two users of one AI system.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_Arguments = ParamSpec("_Arguments")


def _add(verb: Callable[_Arguments, int]) -> None:
    """Register a verb; whatever happens in it, the process exits with the code for that."""

    @functools.wraps(verb)
    def run(*args: _Arguments.args, **options: _Arguments.kwargs) -> int:
        raise typer.Exit(exit_status("crosstalk", lambda: verb(*args, **options)))

    app.command(cls=HelpfulCommand, epilog=EXIT_CODES)(run)


# In the order of the help text.
_add(isolation)
_add(init)
_add(plan)
_add(policy)
_add(coverage)
_add(replay)
_add(baseline)
_add(accept)
_add(diff)
_add(schema)
_add(mutants)
_add(forgeries)
_add(demonstrations)
_add(deadlock)
_add(faults)
_add(hostile)
_add(conformance)
_add(mint)
_add(doctor)
_add(compose)
_add(env)
_add(up)
_add(demo)
_add(mcp)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"crosstalk {harness_version()}")
        raise typer.Exit


@app.callback()
def options_of_every_verb(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Finds data crossing between two users of one AI system."""


def main() -> None:
    """Entry point; wrong use ends with the code for it, and a message of the command line's."""
    app()


if __name__ == "__main__":
    main()
