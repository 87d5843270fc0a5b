"""Mutants: known leaks planted into copies of the system, to show that the harness finds them."""

from crosstalk.targets.mutants.planting import (
    Mutant,
    MutantDoesNotApplyError,
    get_mutant,
    load_catalog,
)

__all__ = ["Mutant", "MutantDoesNotApplyError", "get_mutant", "load_catalog"]
