"""Public operations to which anyone can name a user: a forgotten password, an invitation's state.

What such an operation answers a stranger may hold what is the user's own, as a code that should
have been mailed, or their id. The user reads what is theirs first, so that it is known whose it is.
"""

from __future__ import annotations

from random import Random

from crosstalk.execution.executor import PlannedCall
from crosstalk.execution.stopping import rule_errors_stop_the_run
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.operation import Operation, Role

NAMED = "users named by strangers"
# Operations that are called, and readings by which it is known what is the user's.
_MOST, _MOST_READINGS = 6, 4


class NamedByStrangers:
    """Has a stranger name a user to each public operation that takes one.

    Args:
        state: What it shares with the examples.
        random: Makes the choices.
    """

    def __init__(self, state: GeneratorState, random: Random) -> None:
        self._state = state
        self._random = random
        self._capabilities = Capabilities.of(list(state.executor.operations.values()))

    def applies(self) -> bool:
        """Return whether there is one, and a stranger to call it."""
        return bool(self._operations()) and bool(self._state.principals.strangers)

    def run(self) -> None:
        """Do so once, in an example of its own."""
        stranger = self._state.principals.strangers[0]
        named = [each for each in self._state.principals.members if each.name == stranger.claims]
        if not named:
            return
        with rule_errors_stop_the_run():
            example = ExampleRun(self._state, self._capabilities)
            try:
                victim = named[0]
                users = Arrangement(example, self._random, victim, victim)
                for each in self._state.observations[:_MOST_READINGS]:
                    if users.ended:
                        return
                    example.execute(example.reading(each, victim))
                for operation in self._operations()[:_MOST]:
                    if users.ended:
                        return
                    arguments = example.with_identity(operation, stranger)
                    example.state.situations[NAMED] += 1
                    example.execute(PlannedCall(stranger, operation.name, arguments))
                example.judge()
            finally:
                example.end()

    def _operations(self) -> list[Operation]:
        return [
            each
            for each in self._state.executor.operations.values()
            if each.public
            and not (each.effect_only or each.descriptive or each.conversational)
            and each.parameter(Role.IDENTITY) is not None
            and all(one.role is Role.IDENTITY for one in each.parameters if one.required)
        ]
