"""Positive controls of the trial: verifiers that lack one check, each of which it must detect.

A trial that has never detected anything proves nothing. These verifiers are part of the harness and
share no code with any system; they run in the trial's own process and guard nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crosstalk.tokens.forgeries import ForgeryContext
from crosstalk.tokens.forgeries.base import Header
from crosstalk.tokens.keys import unb64
from crosstalk.tokens.trial import ForgeryReport, HttpReply, TrialTarget, try_forgeries

# The check that is left out, and a forgery that must then get in.
CONTROLS: Mapping[str, str] = {
    "signature": "claims-edited",
    "algorithm": "alg-none",
    "expiry": "expired",
    "audience": "token-for-another-service",
    "issuer": "iss-of-a-stranger",
    "one header": "two-authorization-lines",
    "duplicate members": "duplicate-sub-last",
    "critical headers": "crit-unknown",
}
_COMPLETE = "nothing"


class _RefusedError(Exception):
    """The verifier refuses the credential."""


class IncompleteVerifier:
    """Verifies Ed25519 tokens, but leaves out one check.

    Args:
        context: The context whose tokens are valid.
        without: The check it leaves out, a key of `CONTROLS`.
    """

    def __init__(self, context: ForgeryContext, without: str) -> None:
        self._context = context
        self._without = without

    def target(self) -> TrialTarget:
        """Return the verifier as a surface of the trial."""
        return TrialTarget(self._send, self._context)

    async def _send(self, headers: Sequence[Header], query: Mapping[str, str]) -> HttpReply:
        try:
            self._verify(headers)
        except (_RefusedError, ValueError, LookupError, TypeError, ArithmeticError, RecursionError):
            return 401, "", "Bearer"
        return 200, "", None

    def _require(self, check: str, holds: bool) -> None:
        if not holds and check != self._without:
            raise _RefusedError(check)

    def _verify(self, headers: Sequence[Header]) -> None:
        values = [value for name, value in headers if name.lower() == "authorization"]
        self._require("one header", len(values) == 1)
        scheme, _, token = values[0].partition(" ")
        if scheme != "Bearer":
            raise _RefusedError("scheme")
        first, second, third = token.split(".")
        header, claims = self._object(first), self._object(second)
        self._require("critical headers", not {"crit", "b64", "zip"} & set(header))
        self._require("issuer", claims["iss"] == self._context.issuer.url)
        self._require("audience", claims["aud"] == self._context.audience)
        self._require("expiry", float(claims["exp"]) > time.time())
        if header["alg"] != "EdDSA":
            self._require("algorithm", header["alg"] == "EdDSA")
            return
        self._signature(f"{first}.{second}".encode(), unb64(third))

    def _object(self, text: str) -> dict[str, Any]:
        pairs: list[int] = []

        def collect(members: list[tuple[str, Any]]) -> dict[str, Any]:
            pairs.append(len(members) - len(dict(members)))
            return dict(members)

        value = json.loads(unb64(text), object_pairs_hook=collect)
        self._require("duplicate members", not any(pairs))
        return dict(value)

    def _signature(self, message: bytes, signature: bytes) -> None:
        private = self._context.issuer.key().private
        assert isinstance(private, Ed25519PrivateKey)
        try:
            private.public_key().verify(signature, message)
        except InvalidSignature:
            self._require("signature", False)


def control_targets(context: ForgeryContext) -> dict[str, TrialTarget]:
    """Build a surface for each check left out, and one with all checks."""
    return {
        f"without {check}": IncompleteVerifier(context, check).target()
        for check in (*CONTROLS, _COMPLETE)
    }


async def try_controls(context: ForgeryContext) -> tuple[ForgeryReport, list[str]]:
    """Run the trial against the incomplete verifiers.

    Returns:
        The report, and the checks whose absence it did not show; there must be none.
    """
    report = await try_forgeries(control_targets(context), context)
    let_in = {(each.surface, each.forgery) for each in report.accepted}
    complete = f"without {_COMPLETE}"
    missed = [
        check
        for check, forgery in CONTROLS.items()
        if (f"without {check}", forgery) not in let_in or (complete, forgery) in let_in
    ]
    return report, missed
