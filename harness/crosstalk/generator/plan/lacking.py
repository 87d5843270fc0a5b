"""Operations at which an oracle has had no opportunity so far, or that were never served."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.operation import Operation, Parameter


@dataclass(frozen=True, slots=True)
class Lacking:
    """Operations that still want something, each group by what it is.

    Attributes:
        service: Never served.
        ownership: They change something, and no owner has read before and after.
        existence: No user has compared a foreign id with a missing one, each with its parameters.
        identity: No client without a credential has tried.
    """

    service: Sequence[Operation]
    ownership: Sequence[Operation]
    existence: Sequence[tuple[Operation, Parameter]]
    identity: Sequence[Operation]

    @classmethod
    def of(
        cls,
        capabilities: Capabilities,
        unserved: Collection[str],
        opportunities: Mapping[str, Collection[str]],
    ) -> Lacking:
        """Return what is lacking of all that can be called.

        Args:
            capabilities: What can be called.
            unserved: Names of the operations that were never served.
            opportunities: Oracle name to the operations at which it has had an opportunity.
        """

        def lacks(oracle: str, operation: Operation) -> bool:
            return operation.name not in opportunities.get(oracle, ())

        protected = capabilities.protected
        return cls(
            [each for each in protected if each.name in unserved],
            [
                each
                for each in protected
                if not each.reads_only and not each.conversational and lacks("ownership", each)
            ],
            [
                (operation, parameter)
                for operation, parameter in capabilities.comparable
                if not operation.conversational and lacks("existence", operation)
            ],
            [
                each
                for each in protected
                if not (each.unproven or each.descriptive or each.effect_only)
                and lacks("identity", each)
            ],
        )

    def on(self, surfaces: Collection[str]) -> Lacking:
        """Return what is lacking on these surfaces."""
        return self._where(lambda each: each.surface in surfaces)

    def without(self, names: Collection[str]) -> Lacking:
        """Return what is lacking at other operations than these."""
        return self._where(lambda each: each.name not in names)

    def _where(self, wanted: Callable[[Operation], bool]) -> Lacking:
        return Lacking(
            [each for each in self.service if wanted(each)],
            [each for each in self.ownership if wanted(each)],
            [each for each in self.existence if wanted(each[0])],
            [each for each in self.identity if wanted(each)],
        )

    @property
    def all(self) -> list[tuple[str, str]]:
        """Everything that is lacking, as names."""
        return [
            *(("service", each.name) for each in self.service),
            *(("ownership", each.name) for each in self.ownership),
            *(("existence", f"{each.name} {parameter.name}") for each, parameter in self.existence),
            *(("identity", each.name) for each in self.identity),
        ]
