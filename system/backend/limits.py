"""Request rate of one user at the backend: a limit for all requests, and one for chats.

A chat costs a model's time, so it has a limit of its own on top of the general one.
"""

from __future__ import annotations

from starlette.types import Scope

from system.backend.settings import BackendSettings
from system.identity import Subject
from system.wire.rate_limit import RateLimit

_CHAT_PATHS = frozenset({"/api/chat"})


class Limits:
    """The backend's limits, each counted per issuer and subject.

    Args:
        settings: How many a minute and at once.
    """

    def __init__(self, settings: BackendSettings) -> None:
        self._all = RateLimit(settings.rate_limit_per_minute, settings.rate_limit_burst)
        self._chat = RateLimit(settings.chat_rate_limit_per_minute, settings.chat_rate_limit_burst)

    def spend(self, scope: Scope, subject: Subject) -> None:
        """Count a request of this subject.

        Raises:
            RateLimited: It is one too many.
        """
        self._all.spend((subject.issuer, subject.user_id))
        if scope["path"] in _CHAT_PATHS:
            self.spend_chat(subject)

    def spend_chat(self, subject: Subject) -> None:
        """Count an answer of the assistant; for routes where not every request asks for one.

        Raises:
            RateLimited: It is one too many.
        """
        self._chat.spend((subject.issuer, subject.user_id))
