"""Known leaks, planted into copies of the system, to show that the harness would find them."""

from crosstalk.targets.mutants.planting import (
    Mutant,
    MutantDoesNotApplyError,
    get_mutant,
    load_catalog,
)

__all__ = ["Mutant", "MutantDoesNotApplyError", "get_mutant", "load_catalog"]
