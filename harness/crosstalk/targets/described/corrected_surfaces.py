"""Surfaces as a description corrects them: what is public, what is skipped, how fast to call."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.identifiers import last_name
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.exchange import retry_after
from crosstalk.surface.operation import Operation, Role, Surface
from crosstalk.targets.described.config import RateLimitConfig, RestConfig


class DescribedRest:
    """A REST API, of which the description says what is public.

    An OpenAPI document often says nothing about credentials; that does not make an operation
    public.

    Args:
        inner: Performs the calls.
        config: What is said about it.
        roles: Roles of parameters by name.
    """

    def __init__(self, inner: Surface, config: RestConfig, roles: Mapping[str, Role]) -> None:
        self._inner = inner
        self._config = config
        self._roles = roles

    def discover(self) -> list[Operation]:
        """The API's operations, without those that are to be skipped.

        Raises:
            SurfaceError: There is no OpenAPI document.
        """
        return [
            self._corrected(each)
            for each in self._inner.discover()
            if each.name.split(":", 1)[1] not in self._config.skip
        ]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Make one request."""
        return self._inner.call(operation, arguments, presented)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _corrected(self, operation: Operation) -> Operation:
        public = operation.name.split(":", 1)[1] in self._config.public
        parameters = tuple(
            replace(each, role=self._roles[last_name(each.name)])
            if last_name(each.name) in self._roles
            else each
            for each in operation.parameters
        )
        needs = [each for each in parameters if each.required and each.role is not Role.IDENTITY]
        return replace(
            operation,
            parameters=parameters,
            public=public,
            lists=operation.reads_only and not public and not needs,
        )


class Paced:
    """Calls no faster than a system allows; waits when it says that it was too fast.

    Args:
        inner: Performs the calls.
        limit: How fast, and how patient.
        sleep: Waits, in seconds.
        clock: Seconds on a monotonic clock.
    """

    def __init__(
        self,
        inner: Surface,
        limit: RateLimitConfig,
        sleep: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._apart = 1.0 / limit.calls_per_second if limit.calls_per_second else 0.0
        self._patience = limit.patience
        self._sleep = sleep
        self._clock = clock
        self._next = 0.0

    def discover(self) -> list[Operation]:
        """What can be called now.

        Raises:
            SurfaceError: The server cannot be reached or does not speak the protocol.
        """
        return self._inner.discover()

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Perform one call when its time has come; a refusal for haste is tried once more."""
        answer = self._once(operation, arguments, presented)
        if answer.outcome is Outcome.LIMITED and self._patience:
            self._sleep(min(self._patience, retry_after(answer, self._patience)))
            answer = self._once(operation, arguments, presented)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _once(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        now = self._clock()
        if self._apart and now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._apart
        return self._inner.call(operation, arguments, presented)
