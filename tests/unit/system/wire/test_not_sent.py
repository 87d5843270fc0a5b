"""Requests that were not sent: tried again until the service is back, whatever they do."""

from __future__ import annotations

import pytest

from system.wire.retry import AnswerLostError, NotSentError, until_answered


class Service:
    """Refuses a number of connections, then loses a number of answers."""

    def __init__(self, refused: int, lost: int = 0) -> None:
        self.sent = 0
        self._failures: list[type[AnswerLostError]] = [NotSentError] * refused
        self._failures += [AnswerLostError] * lost

    async def send(self) -> str:
        """Answer, if it is up."""
        if self._failures:
            failure = self._failures.pop(0)
            self.sent += failure is AnswerLostError
            raise failure
        self.sent += 1
        return "answer"


async def test_a_write_without_a_key_survives_a_restart_and_is_sent_once() -> None:
    service = Service(refused=3)
    assert await until_answered(service.send, 0, lambda _: False, patience=10.0) == "answer"
    assert service.sent == 1


async def test_connect_timeout_certainly_did_nothing() -> None:
    service = Service(refused=1_000)
    with pytest.raises(NotSentError):
        await until_answered(service.send, 0, lambda _: False, patience=0.3)
    assert service.sent == 0


async def test_request_sent_once_stays_unknown_though_later_attempts_reach_nothing() -> None:
    service = Service(refused=0, lost=1)
    service._failures += [NotSentError] * 1_000
    with pytest.raises(AnswerLostError) as caught:
        await until_answered(service.send, 1, lambda _: False, patience=0.1)
    assert not isinstance(caught.value, NotSentError)
