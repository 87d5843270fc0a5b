"""Knowledge of arguments from a campaign: values by schema, and refused optional ones.

A system that refuses a call for one odd optional argument never looks up any data. So
an operation is first called with what it requires, then with one optional argument more at a time;
one that made a call refused is left out, and tried again more and more seldom.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.choice import Choice
from crosstalk.generator.schema_values import SchemaValues
from crosstalk.oracles.base import denies
from crosstalk.surface.operation import Operation, Parameter, Role

# Parameters by which a call can be refused for its form; the others name users, objects and calls.
_FORMED = frozenset({Role.TEXT, Role.QUERY, Role.VALUE})
# Calls with required arguments alone, all refused, after which optional ones may be what is needed.
_REFUSED_BARE = 3
_MOST_PATIENCE = 5


@dataclass(slots=True)
class ArgumentKnowledge:
    """Knowledge about arguments that the examples and phases of a campaign share.

    Attributes:
        values: Values by schema.
        undrawn: (operation, parameter) to why no value could be drawn.
    """

    values: SchemaValues = field(default_factory=SchemaValues)
    undrawn: dict[tuple[str, str], str] = field(default_factory=dict)
    _accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    _refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    _served: Counter[str] = field(default_factory=Counter)
    _refused_bare: Counter[str] = field(default_factory=Counter)

    def value(self, choice: Choice, operation: Operation, parameter: Parameter) -> Any:
        """Return a value of the parameter's schema; None where none can be drawn.

        A required argument without a value is left out: the call is made all the same, and what
        the system says of it is evidence.
        """
        values = self.values.of(parameter.schema)
        if values:
            return choice.of(values)
        why = self.values.why_none(parameter.schema)
        self.undrawn.setdefault((operation.name, parameter.name), why)
        return None

    def optional(self, choice: Choice, operation: Operation) -> set[str]:
        """Return the optional arguments of one call: proven ones, and one that is not yet."""
        optional = [each for each in operation.parameters if not each.required]
        formed = [each.name for each in optional if each.role in _FORMED]
        chosen = {each.name for each in optional if each.role not in _FORMED and choice.coin()}
        if not self._served[operation.name]:
            # Either nothing was tried yet, or the system asks for more than its schema says.
            if self._refused_bare[operation.name] >= _REFUSED_BARE:
                chosen |= {name for name in formed if choice.coin()}
            return chosen
        proven = [name for name in formed if self._proven(operation.name, name)]
        chosen |= {name for name in proven if choice.coin()}
        unproven = [name for name in formed if name not in proven]
        if unproven and choice.coin():
            name = choice.of(unproven)
            patience = min(self._refused[operation.name, name], _MOST_PATIENCE)
            if not patience or choice.number(1, 2**patience) == 1:
                chosen.add(name)
        return chosen

    def _proven(self, operation: str, name: str) -> bool:
        accepted = self._accepted[operation, name]
        return accepted > 0 and accepted >= self._refused[operation, name]

    def learn(self, operation: Operation, arguments: Mapping[str, Any], answer: Answer) -> None:
        """Take in how an honest call was answered: one by a user, about what is theirs."""
        given = [
            each.name
            for each in operation.parameters
            if not each.required and each.role in _FORMED and each.name in arguments
        ]
        if answer.outcome is Outcome.OK:
            self._served[operation.name] += 1
            self._accepted.update((operation.name, name) for name in given)
            return
        refused = answer.outcome in (Outcome.ERROR, Outcome.REFUSED) and not denies(answer)
        if not refused:
            return
        if not given:
            self._refused_bare[operation.name] += 1
        unproven = [name for name in given if not self._proven(operation.name, name)]
        # Where all have been accepted before, it was one of their values.
        self._refused.update((operation.name, name) for name in unproven or given)
