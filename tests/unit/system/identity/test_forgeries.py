"""No forgery is accepted, and each check of the verifier is missed when it is taken out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from starlette.datastructures import Headers

from crosstalk.tokens import BY_NAME, FORGERIES, Forgery, ForgeryContext, LocalIssuer
from crosstalk.tokens.forgeries import NotApplicableError
from system.errors import Unauthorized
from system.identity import TokenVerifier, claims, compact, encoding, issuers, keys, verifier
from system.identity.claims import Subject
from system.wire.bearer import bearer_token
from tests.unit.system.identity.issuing import (
    ALGORITHMS,
    BACKEND,
    CALLER_URL,
    EXCHANGER_URL,
    ISSUER_URL,
    MCP,
    STRANGER_URL,
    Published,
    backend_verifier,
    mcp_verifier,
)

ISSUER = LocalIssuer.create(ISSUER_URL)
STRANGER = LocalIssuer.create(STRANGER_URL, ("EdDSA", "ES256"))
EXCHANGER = LocalIssuer.create(EXCHANGER_URL, ("EdDSA",))
CALLER = LocalIssuer.create(CALLER_URL, ("EdDSA",))
CONTEXTS = {
    "backend": ForgeryContext(ISSUER, STRANGER, "alice", BACKEND, MCP, EXCHANGER, caller=CALLER),
    "mcp": ForgeryContext(
        ISSUER, STRANGER, "alice", MCP, BACKEND, EXCHANGER, trusts_exchanger=True, caller=CALLER
    ),
}


def verifier_of(surface: str) -> TokenVerifier:
    published = Published(ISSUER, EXCHANGER)
    make = backend_verifier if surface == "backend" else mcp_verifier
    # Kinds with an unknown kid would each wait for the next fetch.
    return make(published, jwks_min_refresh_interval=0.001)


async def present(checked: TokenVerifier, forgery: Forgery, context: ForgeryContext) -> Subject:
    """Do what both services do with a request's headers."""
    raw = [
        (name.lower().encode(), value.encode("utf-8", "surrogatepass"))
        for name, value in forgery.credential(context).headers
    ]
    return await checked.verify(bearer_token(Headers(raw=raw)))


@pytest.mark.parametrize("surface", sorted(CONTEXTS))
@pytest.mark.parametrize("name", sorted(BY_NAME))
async def test_verifier_refuses_a_forgery(name: str, surface: str) -> None:
    checked = verifier_of(surface)
    try:
        with pytest.raises(Unauthorized) as refused:
            await present(checked, BY_NAME[name], CONTEXTS[surface])
    except NotApplicableError:
        assert (name, surface) == ("exchanged-token-here", "mcp")
        return
    finally:
        await checked.aclose()
    assert refused.value.message == Unauthorized.default_message
    assert refused.value.details == {}


@pytest.mark.parametrize("surface", sorted(CONTEXTS))
@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_verifier_accepts_the_valid_token_beside_the_forgeries(
    algorithm: str, surface: str
) -> None:
    context = CONTEXTS[surface]
    token = ISSUER.mint("alice", audience=context.audience, algorithm=algorithm)
    assert (await verifier_of(surface).verify(token)).user_id == "alice"


async def test_the_exchanged_token_is_accepted_where_it_belongs() -> None:
    token = EXCHANGER.mint("alice", audience=MCP, ttl=60, act={"sub": "backend"})
    subject = await verifier_of("mcp").verify(token)
    assert (subject.user_id, subject.actor, subject.issuer) == ("alice", "backend", EXCHANGER_URL)


def test_forgeries_are_numerous_and_each_has_a_source() -> None:
    assert len(FORGERIES) == len(BY_NAME) >= 45
    assert all(each.source and each.description for each in FORGERIES)


def _lenient_base64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))


def _lenient_object(part: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(encoding.b64url_decode(part), parse_constant=float)
    return value


def _lenient_subject(said: Mapping[str, Any]) -> str:
    return str(said.get("sub", "")).strip()


def _any_issuer(self: TokenVerifier, parsed: compact.CompactToken) -> issuers.TrustedIssuer:
    return next(iter(self._issuers.values()))


def _nothing(*_: object, **__: object) -> None:
    return None


def _no_times(said: Mapping[str, Any], **_: object) -> float:
    return 9_999_999_999.0


def _no_lifetime(check: Callable[..., float]) -> Callable[..., float]:
    def without(said: Mapping[str, Any], **options: Any) -> float:
        return check(said, **{**options, "max_lifetime": 1e12})

    return without


def _declared_or_not(self: keys.PublishedKey) -> tuple[str, ...]:
    return keys._ALGORITHMS_OF[self.entry["kty"], self.entry.get("crv")]


REMOVALS: dict[str, tuple[object, str, object, str]] = {
    "signature": (verifier, "check_signature", _nothing, "claims-edited"),
    "times": (claims, "check_times", _no_times, "expired"),
    "lifetime": (claims, "check_times", _no_lifetime(claims.check_times), "lifetime-absurd"),
    "audience": (claims, "check_audience", _nothing, "token-for-another-service"),
    "issuer": (TokenVerifier, "_issuer_of", _any_issuer, "iss-slash"),
    "subject": (claims, "subject_of", _lenient_subject, "sub-trailing-space"),
    "actor": (claims, "actor_of", _nothing, "act-not-an-object"),
    "header": (compact, "_check_header", _nothing, "crit-unknown"),
    "duplicates": (compact, "_object", _lenient_object, "duplicate-sub-last"),
    "base64": (compact, "b64url_decode", _lenient_base64, "base64-stray-bits"),
    "key's algorithm": (
        keys.PublishedKey,
        "_algorithms",
        _declared_or_not,
        "ps256-with-rs256-key",
    ),
    "depth": (compact, "_deeper_than", lambda value, limit: False, "payload-nested"),
    "size": (compact, "MAX_TOKEN_BYTES", 1_000_000, "token-huge"),
}


@pytest.mark.parametrize("check", sorted(REMOVALS))
async def test_a_verifier_without_one_check_is_caught(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name, replacement, expected = REMOVALS[check]
    monkeypatch.setattr(owner, name, replacement)
    checked = verifier_of("backend")
    accepted = []
    for forgery in FORGERIES:
        try:
            await present(checked, forgery, CONTEXTS["backend"])
        except (Unauthorized, NotApplicableError):
            continue
        except Exception:  # noqa: S112  a verifier that breaks has not accepted anything
            continue
        accepted.append(forgery.name)
    assert expected in accepted


async def test_a_verifier_that_shares_keys_between_issuers_is_caught() -> None:
    checked, context = verifier_of("mcp"), CONTEXTS["mcp"]
    checked._keys[ISSUER_URL] = checked._keys[EXCHANGER_URL]
    forgery = BY_NAME["issuer-impersonated-by-exchanger"]
    assert (await present(checked, forgery, context)).issuer == ISSUER_URL


async def test_a_verifier_that_takes_the_first_of_two_headers_is_caught() -> None:
    checked = verifier_of("backend")
    credential = BY_NAME["two-authorization-lines"].credential(CONTEXTS["backend"])
    first = credential.headers[0][1].removeprefix("Bearer ")
    assert (await checked.verify(first)).user_id == "alice"
