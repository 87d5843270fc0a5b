"""Events of the processes that play one campaign, as those of one campaign."""

from __future__ import annotations

from dataclasses import dataclass, field

from crosstalk.campaign.events import Emit, Event, FindingFound, PartBegun, Progress, Started


@dataclass(slots=True)
class EventsTogether:
    """Hands the events of several processes on to a listener that knows one campaign.

    Attributes:
        emit: The listener.
    """

    emit: Emit
    _latest: dict[int, Progress] = field(default_factory=dict)
    _doing: dict[int, str] = field(default_factory=dict)
    _found: set[tuple[str, str]] = field(default_factory=set)
    _begun: bool = False

    def __call__(self, number: int, event: Event) -> None:
        """Hand an event of one process on.

        Args:
            number: Of the process.
            event: Of its part of the campaign.
        """
        if isinstance(event, Started):
            if not self._begun:
                self.emit(event)
            self._begun = True
        elif isinstance(event, Progress):
            self._latest[number] = event
            self.emit(self._sum())
        elif isinstance(event, PartBegun):
            self._doing[number] = event.name
            self.emit(PartBegun("; ".join(dict.fromkeys(self._doing.values()))))
        elif isinstance(event, FindingFound):
            # Two processes may come upon the same place; the report names it once.
            place = (event.finding.oracle, event.finding.operation)
            if place not in self._found:
                self.emit(event)
            self._found.add(place)
        else:
            self.emit(event)

    def _sum(self) -> Progress:
        every = self._latest.values()
        return Progress(
            calls=sum(each.calls for each in every),
            examples=sum(each.examples for each in every),
            seconds=max(each.seconds for each in every),
            replay_calls=sum(each.replay_calls for each in every),
        )
