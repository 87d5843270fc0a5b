"""Selection of what a campaign looks at: oracles by name, operations by pattern.

What is left out is neither clean nor inconclusive: the result names the oracles that did not judge,
and counts the operations that were excluded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from crosstalk.core.errors import HarnessError
from crosstalk.oracles import ORACLES, POLICY_ORACLES, Oracle
from crosstalk.phases.base import Phase
from crosstalk.phases.registry import make_phases
from crosstalk.targets.base import Target

EXCLUDED = "excluded by --exclude"


def oracle_names(policy: bool = True) -> tuple[str, ...]:
    """Return the names of all oracles, those of the phases last.

    Args:
        policy: Whether to name those that judge by a policy alone.
    """
    judging = (*ORACLES, *(POLICY_ORACLES if policy else ()))
    return (*(each.name for each in judging), *(each.name for each in make_phases()))


def require_oracles(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of oracles, each once.

    Raises:
        HarnessError: There is no oracle of a name; the message has the nearest.
    """
    known = oracle_names()
    for name in names:
        if name not in known:
            raise HarnessError(f"no oracle {name!r}{_nearest(name, known)}")
    return tuple(dict.fromkeys(names))


def chosen_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the oracles that judge; all where none is chosen."""
    return tuple(each for each in oracle_names() if not names or each in names)


def chosen_oracles(names: Sequence[str]) -> tuple[Oracle, ...]:
    """Return the oracles of ordinary histories that are chosen; all where none is named."""
    known = (*ORACLES, *POLICY_ORACLES)
    return tuple(each for each in known if not names or each.name in names)


def chosen_phases(names: Sequence[str], phases: Iterable[Phase]) -> tuple[Phase, ...]:
    """Return the phases whose oracle is chosen; all where none is named."""
    return tuple(each for each in phases if not names or each.name in names)


def excluding(target: Target, patterns: Sequence[str]) -> Target:
    """Return the target without some operations, which are counted as skipped.

    Args:
        target: Of the campaign.
        patterns: Names of operations, with or without their protocol (`mcp:get_note`, `get_note`,
            `rest:GET /notes`), or globs of them (`delete_*`).

    Raises:
        HarnessError: A pattern names no operation, or all of them are excluded.
    """
    if not patterns:
        return target
    offered = {*target.operations, *(each.where for each in target.untried), *target.skipped}
    left_out: set[str] = set()
    for pattern in patterns:
        found = {name for name in offered if _matches(name, pattern)}
        if not found:
            raise HarnessError(f"--exclude {pattern!r}: no operation{_nearest(pattern, offered)}")
        left_out |= found
    operations = {n: each for n, each in target.operations.items() if n not in left_out}
    if not operations:
        raise HarnessError("--exclude leaves no operation to call")
    return replace(
        target,
        operations=operations,
        untried=tuple(each for each in target.untried if each.where not in left_out),
        skipped={**dict.fromkeys(sorted(left_out), EXCLUDED), **target.skipped},
    )


def _matches(name: str, pattern: str) -> bool:
    forms = (name, name.partition(":")[2] or name)
    return any(form == pattern or fnmatchcase(form, pattern) for form in forms)


def _nearest(name: str, known: Iterable[str]) -> str:
    """Return a question for the nearest name, or some of the names that there are."""
    forms = {form: each for each in known for form in (each, each.partition(":")[2] or each)}
    close = get_close_matches(name, forms, 1, 0.5)
    if close:
        return f"; did you mean {forms[close[0]]!r}?"
    return f"; there are {', '.join(sorted(set(forms.values()))[:8])}"
