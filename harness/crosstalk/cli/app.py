"""The `crosstalk` command: one verb a job, each explained by `crosstalk VERB --help`.

What a verb needs is imported when it runs: the packages of all of them take seconds.

Exit codes are those of `crosstalk.core.exit_codes`; docs/exit-codes.md explains them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, ParamSpec

import typer

from crosstalk.campaign.options import Profile
from crosstalk.core.version import harness_version
from crosstalk.environment import Attachment, DataAccess, Kind, Pooler
from crosstalk.environment.runtime.exit_status import exit_status

EXIT_CODES = (
    "Exit codes: 0 clean; 1 a finding (something crossed, was accepted, failed or survived); "
    "2 an option, a file or a setting is wrong; 3 inconclusive (nothing found, not all verified); "
    "4 the target or its environment failed; 5 an internal error; 130 interrupted."
)

app = typer.Typer(
    name="crosstalk",
    help="Finds data crossing between two users of one AI system.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_Arguments = ParamSpec("_Arguments")


def _verb(function: Callable[_Arguments, int]) -> Callable[_Arguments, int]:
    """Register a verb; whatever happens in it, the process exits with the code for that."""

    @functools.wraps(function)
    def run(*args: _Arguments.args, **options: _Arguments.kwargs) -> int:
        raise typer.Exit(exit_status("crosstalk", lambda: function(*args, **options)))

    return app.command(epilog=EXIT_CODES)(run)


Calls = Annotated[
    int | None, typer.Option(min=50, help="Stop after so many calls, not as the profile says.")
]
Seconds = Annotated[
    float | None, typer.Option(min=1, help="Stop after so many seconds, not as the profile says.")
]
ProfileName = Annotated[
    Profile,
    typer.Option("--profile", help="How much to try: a minute, some minutes, or half an hour."),
]
Seed = Annotated[int | None, typer.Option(help="Reproduces a run's choices.")]
Environment = Annotated[
    Kind,
    typer.Option(help="Start the system as processes or containers, or attach to one that runs."),
]
Started = Annotated[
    Literal["processes", "containers"],
    typer.Option("--environment", help="Start the system as processes or as containers."),
]


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


@_verb
def isolation(
    profile: ProfileName = "standard",
    calls: Calls = None,
    seconds: Seconds = None,
    seed: Seed = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="Campaigns, one after the other, each with the next seed.")
    ] = 1,
    shards: Annotated[
        int, typer.Option(min=1, help="Processes among which they are shared, a system in each.")
    ] = 1,
    examples: Annotated[
        str | None,
        typer.Option(help="Keep examples that show something here: a folder or a redis:// URL."),
    ] = None,
    mutant: Annotated[
        str | None, typer.Option(help="Run against the system with this planted leak.")
    ] = None,
    stop_at_first: Annotated[
        bool, typer.Option("--stop-at-first", help="End at the first finding, not at the budget.")
    ] = False,
    data_access: Annotated[
        DataAccess,
        typer.Option(help="How the MCP server reaches data: itself, by REST, or reads itself."),
    ] = "direct",
    pooler: Annotated[
        Pooler,
        typer.Option(help="What stands before PostgreSQL: nothing, or PgBouncer by transaction."),
    ] = "none",
    mcp_sessions: Annotated[
        bool, typer.Option("--mcp-sessions", help="The MCP server keeps sessions; some steal them.")
    ] = False,
    demonstration: Annotated[
        str | None, typer.Option(help="Run against this demonstration instead of the system.")
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option(help="Run against the system that this `crosstalk.toml` describes."),
    ] = None,
    frontend: Annotated[
        bool,
        typer.Option(
            "--with-frontend/--without-frontend",
            help="Start the frontend too; every user signs up there and brings its tokens.",
        ),
    ] = False,
    environment: Environment = "processes",
    attach: Annotated[
        Path | None,
        typer.Option(help="With --environment attached: the file that `crosstalk env` wrote."),
    ] = None,
    disposable_data: Annotated[
        bool,
        typer.Option("--disposable-data", help="What users have stored there may be deleted."),
    ] = False,
) -> int:
    """Let three users and a stranger try to reach each other's data."""
    from crosstalk.cli.verbs import isolation as isolation_command
    from crosstalk.targets.mutants import get_mutant
    from crosstalk.targets.verification import Verified

    verified = Verified(
        mutant=get_mutant(mutant) if mutant else None,
        data_access=data_access,
        demonstration=demonstration,
        described=target,
        frontend=frontend,
        pooler=pooler,
        sessions=mcp_sessions,
        environment=environment,
        attachment=Attachment(attach, disposable_data) if attach else None,
    )
    return isolation_command.run(
        verified,
        profile=profile,
        calls=calls,
        seconds=seconds,
        seed=seed,
        seeds=seeds,
        shards=shards,
        examples=examples,
        stop_at_first=stop_at_first,
    )


@_verb
def init(
    url: Annotated[str | None, typer.Argument(help="The server's endpoint.")] = None,
    stdio: Annotated[
        str | None, typer.Option(help="Command of a server on standard streams.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE for that command; may be repeated.")
    ] = None,
    token: Annotated[str | None, typer.Option(help="A bearer token to connect with.")] = None,
    header: Annotated[
        str | None, typer.Option(help="`Name: value` to connect with, where it is no bearer token.")
    ] = None,
    openapi: Annotated[
        str | None, typer.Option(help="URL of the OpenAPI document of a REST API beside it.")
    ] = None,
    output: Annotated[Path, typer.Option(help="The file to write.")] = Path("crosstalk.toml"),
    probe: Annotated[
        bool, typer.Option(help="Try the guesses with a few calls, which store something.")
    ] = True,
) -> int:
    """Look at a server, guess how it is to be described, and write a file to be confirmed."""
    from crosstalk.cli.verbs import init as init_command

    return init_command.run(
        url=url,
        stdio=stdio,
        environment=env or [],
        token=token,
        header=header,
        openapi=openapi,
        output=output,
        probing=probe,
    )


@_verb
def replay(
    file: Annotated[Path, typer.Argument(help="A replay file that a finding named.")],
    mutant: Annotated[
        str | None,
        typer.Option(
            help="Replay against this planted leak; `recorded` takes the one in the file, "
            "`none` the real system."
        ),
    ] = None,
    environment: Started = "processes",
) -> int:
    """Run a finding's calls again: exit 1 if it shows, 0 if not, 3 if the calls were not served."""
    from crosstalk.cli.verbs import isolation as isolation_command

    return isolation_command.replay(file, mutant=mutant, environment=environment)


@_verb
def mutants(
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Just this mutant; may be repeated.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Systems running at once.")] = 2,
    profile: ProfileName = "standard",
    calls: Calls = None,
    seconds: Seconds = None,
    seed: Seed = None,
    show: Annotated[bool, typer.Option("--list", help="Only list the catalog.")] = False,
) -> int:
    """Plant known leaks one by one and see that each is found."""
    from crosstalk.cli.verbs import mutants as mutants_command

    return mutants_command.run(
        only=only or [],
        jobs=jobs,
        profile=profile,
        calls=calls,
        seconds=seconds,
        seed=seed,
        show=show,
    )


@_verb
def forgeries(
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Just this kind; may be repeated.")
    ] = None,
    mutant: Annotated[
        str | None, typer.Option(help="Try them on the system with this planted leak.")
    ] = None,
    data_access: Annotated[
        DataAccess,
        typer.Option(help="How the MCP server reaches data; by REST, the backend trusts it."),
    ] = "direct",
    environment: Started = "processes",
) -> int:
    """Try every forged credential on every surface."""
    from crosstalk.cli.verbs import forgeries as forgeries_command

    return forgeries_command.run(
        only=only or [], mutant=mutant, data_access=data_access, environment=environment
    )


@_verb
def demonstrations(
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Just this one; may be repeated.")
    ] = None,
    calls: Annotated[int, typer.Option(min=50, help="Stop each after about so many calls.")] = 600,
    seconds: Annotated[float, typer.Option(min=1, help="Stop each after so many seconds.")] = 30.0,
    seed: Seed = None,
    show: Annotated[bool, typer.Option("--list", help="Only list them.")] = False,
) -> int:
    """Run the campaign against well-known insecure auth patterns, and their secure forms."""
    from crosstalk.cli.verbs import demonstrations as demonstrations_command

    return demonstrations_command.run(
        only=only or [], calls=calls, seconds=seconds, seed=seed, show=show
    )


@_verb
def deadlock(
    pool: Annotated[int, typer.Option(min=1, help="Connections of a service's pool.")] = 15,
    workers: Annotated[int, typer.Option(min=1, help="Worker threads of a service.")] = 40,
) -> int:
    """Say from how many concurrent requests on each topology can stall, and why."""
    from crosstalk.cli.verbs import deadlock as deadlock_command

    return deadlock_command.run(pool=pool, workers=workers)


@_verb
def conformance() -> int:
    """Run the official MCP conformance suite against the reference system; needs Node 22."""
    from crosstalk.cli.verbs import conformance as conformance_command

    return conformance_command.run()


@_verb
def mint(
    user: Annotated[str, typer.Option(help="The subject (`sub`).")],
    ttl: Annotated[int, typer.Option(min=1, max=86_400, help="Lifetime in seconds.")] = 600,
    audience: Annotated[
        str, typer.Option(help="`backend`, `mcp`, or a literal audience.")
    ] = "backend",
    run: Annotated[
        Path | None, typer.Option(help="Run folder of `crosstalk up`; the latest by default.")
    ] = None,
) -> int:
    """Print a token of the test issuer that a running `crosstalk up` trusts."""
    from crosstalk.cli.verbs import mint as mint_command

    return mint_command.run(user=user, ttl=ttl, audience=audience, folder=run)


@_verb
def doctor(
    urls: Annotated[
        list[str],
        typer.Argument(
            metavar="URL...",
            help="The backend's URL, the MCP endpoint's, the front end's; what each is, is found "
            "out, or said by backend=URL, mcp=URL, frontend=URL.",
        ),
    ],
    token: Annotated[
        str | None,
        typer.Option(envvar="CROSSTALK_TOKEN", help="A user's token for the backend."),
    ] = None,
    mcp_token: Annotated[
        str | None,
        typer.Option(envvar="CROSSTALK_MCP_TOKEN", help="A token for the MCP server."),
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="An origin whose pages call the backend.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, max=60, help="Seconds a request.")] = 5.0,
    ca_file: Annotated[
        Path | None, typer.Option(help="Certificates of a private authority (PEM).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    checklist: Annotated[
        bool, typer.Option(help="Walk through the production checklist as well.")
    ] = False,
) -> int:
    """Check a deployment from outside: exit 1 when a check failed, 4 when nothing answered."""
    from crosstalk.cli.verbs import doctor as doctor_command
    from crosstalk.doctor import Options

    options = Options(
        urls=urls,
        token=token,
        mcp_token=mcp_token,
        origins=origin or (),
        timeout=timeout,
        ca_file=ca_file,
    )
    return doctor_command.run(options, as_json=as_json, checklist=checklist)


@_verb
def compose(
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="-- COMMAND...", help="Run against it, told how to attach."),
    ] = None,
    profile: Annotated[
        list[str] | None, typer.Option(help="Of compose.yaml; may be repeated.")
    ] = None,
) -> int:
    """Start compose.yaml under a name and ports of its own, run a command, take it down."""
    from crosstalk.cli.verbs import compose as compose_command

    return compose_command.run(command=command or [], profiles=profile or ["offline"])


@_verb
def env(
    output: Annotated[
        Path, typer.Option(help="The file to write; one that is there is left alone.")
    ] = Path(".env"),
    real_model: Annotated[
        bool, typer.Option("--real-model", help="Leave a model's key to be filled in.")
    ] = False,
) -> int:
    """Write the secrets that compose.yaml asks for, newly drawn, and say what each is for."""
    from crosstalk.cli.verbs import env as env_command

    return env_command.run(output=output, real_model=real_model)


@_verb
def up(
    adversarial: Annotated[
        bool, typer.Option(help="The offline model obeys [[call TOOL {...}]] directives.")
    ] = False,
    backend_port: Annotated[int, typer.Option(help="0 takes a free port.")] = 8000,
    mcp_port: Annotated[int, typer.Option(help="0 takes a free port.")] = 8001,
    frontend: Annotated[
        bool,
        typer.Option("--with-frontend/--without-frontend", help="The pages; need Node 20.9."),
    ] = True,
    frontend_port: Annotated[int, typer.Option(help="0 takes a free port.")] = 3000,
    environment: Started = "processes",
) -> int:
    """Run the system for a person until Ctrl-C; prints URLs, tokens and curl lines."""
    from crosstalk.cli.verbs import up as up_command

    return up_command.run(
        adversarial=adversarial,
        backend_port=backend_port,
        mcp_port=mcp_port,
        frontend=frontend,
        frontend_port=frontend_port,
        environment=environment,
    )


@_verb
def demo() -> int:
    """A short tour: the system is clean, then one planted leak is found and replayed."""
    from crosstalk.cli.verbs import isolation as isolation_command

    return isolation_command.demo()


def main() -> None:
    """Entry point; wrong use ends with the code for it, and a message of the command line's."""
    app()


if __name__ == "__main__":
    main()
