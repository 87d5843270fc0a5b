"""`crosstalk policy`: the declared policy as a matrix, and what of it the last run tried."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crosstalk.cli.target_choice import TargetFile, chosen_target
from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.terminal import make_console, print_sentence

if TYPE_CHECKING:
    from crosstalk.core.policy import Policy
    from crosstalk.core.policy.coverage import PolicyMatrix


def policy(
    run: Annotated[
        Path | None,
        typer.Argument(help="Folder of a run, or its summary.json; the latest run by default."),
    ] = None,
    target: TargetFile = None,
    document: Annotated[
        list[Path] | None,
        typer.Option(
            help="OpenAPI document, or answer to tools/list, that says what there is; nothing is "
            "sent or started then; may be repeated."
        ),
    ] = None,
    rows: Annotated[
        bool, typer.Option("--all", help="Print a row for each person, operation and whose data.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Show who may call what about whose data, and what of it the last run tried."""
    from crosstalk.core.policy.coverage import merged
    from crosstalk.report.policy_table import (
        policy_sentence,
        print_policy,
        print_policy_in_short,
        rules_of,
    )

    choice = chosen_target(target, False, {})
    if choice.file is None:
        raise HarnessError("a policy is declared in a crosstalk.toml: name it with --target")
    declared, matrix = _declared(choice.file, document or [])
    found, where = _tried(run)
    if found is not None:
        known = {key: row for key, row in found.rows.items() if key in matrix.rows}
        found.rows = known
        matrix = merged([matrix, found]) or matrix
    if as_json:
        data: dict[str, Any] = {"run": where, **matrix.to_json()}
        sys.stdout.write(json.dumps(data, indent=2) + "\n")
        return ExitCode.CLEAN
    console = make_console()
    print_sentence(console, choice.sentence)
    print_sentence(console, f"boundary: every {declared.boundary} is kept apart")
    for person in declared.people.values():
        tenant = f", tenant {person.tenant}" if person.tenant else ""
        roles = f", roles {', '.join(person.roles)}" if person.roles else ""
        print_sentence(console, f"{person.called or person.name}{tenant}{roles}")
    names = {each.name: each.called or each.name for each in declared.people.values()}
    for rule in rules_of(declared, names):
        print_sentence(console, f"rule: {rule}")
    if rows:
        print_policy(console, matrix, names)
    else:
        print_policy_in_short(console, matrix, names)
    print_sentence(console, f"tried: in {where}" if where else "tried: no run was found")
    print_sentence(console, policy_sentence(matrix), "bold")
    return ExitCode.CLEAN


def _declared(file: Path, documents: list[Path]) -> tuple[Policy, PolicyMatrix]:
    from crosstalk.core.policy.coverage import PolicyMatrix
    from crosstalk.targets.described.preview import previewed

    with previewed(file, documents) as preview:
        target = preview.target
        if target.policy is None:
            raise HarnessError(
                f"{file} has no [policy]: declare one, as docs/policy.md explains, or see what a "
                "run would call with `crosstalk plan`"
            )
        return target.policy, PolicyMatrix.of(target.policy, target.operations)


def _tried(run: Path | None) -> tuple[PolicyMatrix | None, str]:
    """Return what the last run, or the named one, tried; None where there is none."""
    from crosstalk.core.paths import from_here
    from crosstalk.core.policy.coverage import PolicyMatrix
    from crosstalk.report.coverage import latest_run, read_summary
    from crosstalk.report.run_folder import ROOT

    try:
        folder = run or latest_run(ROOT)
        saved = read_summary(folder).get("policy")
    except HarnessError:
        if run is not None:
            raise
        return None, ""
    return (PolicyMatrix.from_json(saved), from_here(folder)) if saved else (None, "")
