"""Idempotency keys for the tool calls of one answer.

Every call that the model asks for is one of its own, also when it asks for the same thing twice. An
answer that is attempted again after it broke off is another matter: what the first attempt did must
not be done once more. So its keys are made of what the answer is to, the tool, the arguments, and
the number of such calls before it: the second attempt makes the same ones, as far as it does the
same.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import Any


class CallKeys:
    """Makes a key for each call.

    Args:
        answer_to: Names what the calls are for; None if that will not be attempted again.
    """

    def __init__(self, answer_to: str | None = None) -> None:
        self._answer_to = answer_to
        self._made: Counter[str] = Counter()

    def next(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """The key of the next call of this tool with these arguments."""
        if self._answer_to is None:
            return secrets.token_hex(16)
        what = json.dumps([self._answer_to, tool, arguments], sort_keys=True, default=str)
        self._made[what] += 1
        return sha256(f"{what} {self._made[what]}".encode()).hexdigest()
