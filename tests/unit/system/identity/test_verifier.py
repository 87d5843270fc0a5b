from __future__ import annotations

import asyncio
import logging
import time

import pytest
from pydantic import ValidationError

from crosstalk.tokens import LocalIssuer
from system.errors import Unauthorized, Unavailable
from system.identity import TokenVerifier, TrustedIssuer
from system.identity.remembered import RememberedTokens
from tests.unit.system.identity.issuing import (
    BACKEND,
    EXCHANGER_URL,
    ISSUER_URL,
    MCP,
    Clock,
    Published,
    backend_verifier,
    mcp_verifier,
    trusted,
)


@pytest.fixture
def issuer() -> LocalIssuer:
    return LocalIssuer.create(ISSUER_URL, ("EdDSA", "ES256"))


@pytest.fixture
def published(issuer: LocalIssuer) -> Published:
    return Published(issuer)


async def refused(verifier: TokenVerifier, token: str) -> bool:
    try:
        await verifier.verify(token)
    except Unauthorized:
        return True
    return False


async def test_a_token_gives_its_subject(issuer: LocalIssuer, published: Published) -> None:
    token = issuer.mint("alice", ttl=60, role="reader")
    subject = await backend_verifier(published).verify(token)
    assert (subject.user_id, subject.issuer, subject.audience) == ("alice", ISSUER_URL, BACKEND)
    assert subject.expires_at == pytest.approx(time.time() + 60, abs=5)
    assert subject.actor is None
    assert subject.claims["role"] == "reader"


async def test_the_audience_may_be_one_of_several(
    issuer: LocalIssuer, published: Published
) -> None:
    token = issuer.mint("alice", audience=["elsewhere", BACKEND])
    assert (await backend_verifier(published).verify(token)).audience == BACKEND


async def test_a_type_is_optional_and_may_be_that_of_an_access_token(
    issuer: LocalIssuer, published: Published
) -> None:
    verifier, key = backend_verifier(published), issuer.key()
    claims = issuer.claims("alice", audience=BACKEND)
    for kind in ({}, {"typ": "jwt"}, {"typ": "at+jwt"}, {"typ": "application/at+jwt"}):
        token = key.sign(claims, {"alg": "EdDSA", "kid": key.kid, **kind})
        assert (await verifier.verify(token)).user_id == "alice"


async def test_header_members_that_mean_nothing_here_are_ignored(
    issuer: LocalIssuer, published: Published
) -> None:
    verifier, key = backend_verifier(published), issuer.key()
    claims = issuer.claims("alice", audience=BACKEND)
    for member in ({"cat": "cl_B7d4PD222AAA"}, {"x5t": "dGh1bWI"}, {"x5t#S256": "dGh1bWI"}):
        token = key.sign(claims, {"alg": "EdDSA", "kid": key.kid, "typ": "JWT", **member})
        assert (await verifier.verify(token)).user_id == "alice"


async def test_the_new_name_of_eddsa_is_the_same_algorithm(
    issuer: LocalIssuer, published: Published
) -> None:
    key = issuer.key()
    token = key.sign(issuer.claims("alice", audience=BACKEND), {"alg": "Ed25519", "kid": key.kid})
    assert (await backend_verifier(published).verify(token)).user_id == "alice"


async def test_leeway_covers_clocks_that_differ_and_no_more(
    issuer: LocalIssuer, published: Published
) -> None:
    now = int(time.time())
    verifier = backend_verifier(published, leeway=10, clock=lambda: float(now))
    usual = issuer.claims("alice", audience=BACKEND)
    for within in ({"exp": now - 9}, {"nbf": now + 9}, {"iat": now + 9}):
        assert not await refused(verifier, issuer.key().sign({**usual, **within}))
    for beyond in ({"exp": now - 10}, {"nbf": now + 11}, {"iat": now + 11, "exp": now + 99}):
        assert await refused(verifier, issuer.key().sign({**usual, **beyond}))


async def test_times_may_have_fractions(issuer: LocalIssuer, published: Published) -> None:
    token = issuer.mint("alice", exp=time.time() + 60.5, iat=time.time() - 0.5)
    assert not await refused(backend_verifier(published), token)


async def test_an_algorithm_that_the_issuer_may_not_use_is_refused(
    issuer: LocalIssuer, published: Published
) -> None:
    only = trusted(ISSUER_URL, BACKEND).model_copy(update={"algorithms": ("EdDSA",)})
    verifier = TokenVerifier([only], http=published.client())
    assert await refused(verifier, issuer.mint("alice", algorithm="ES256"))
    assert not await refused(verifier, issuer.mint("alice", algorithm="EdDSA"))


async def test_a_token_verified_before_is_refused_once_it_has_expired(
    issuer: LocalIssuer, published: Published
) -> None:
    clock = Clock(float(int(time.time())))
    verifier = backend_verifier(published, clock=clock, leeway=5)
    token = issuer.mint("alice", ttl=60)
    assert not await refused(verifier, token)
    clock.now += 64
    assert not await refused(verifier, token)
    clock.now += 2
    assert await refused(verifier, token)


async def test_a_token_verified_before_is_refused_once_its_key_grew_old(
    issuer: LocalIssuer, published: Published
) -> None:
    monotonic = Clock()
    verifier = backend_verifier(
        published, monotonic=monotonic, jwks_max_age=600, jwks_min_refresh_interval=0
    )
    token = issuer.mint("alice", ttl=3_600)
    assert not await refused(verifier, token)
    issuer.rotate(keep_old=False)
    monotonic.now += 599
    assert not await refused(verifier, token)
    monotonic.now += 2
    assert await refused(verifier, token)
    assert not await refused(verifier, issuer.mint("alice"))


async def test_a_token_verified_before_is_refused_once_its_key_was_replaced(
    issuer: LocalIssuer, published: Published
) -> None:
    verifier = backend_verifier(published, jwks_min_refresh_interval=0)
    token = issuer.mint("alice")
    assert not await refused(verifier, token)
    kid = issuer.key().kid
    issuer.keys = [type(issuer.key()).generate("EdDSA", kid)]
    await verifier._keys[ISSUER_URL].refresh()
    assert await refused(verifier, token)


async def test_a_verified_token_is_checked_once(
    issuer: LocalIssuer, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = backend_verifier(published)
    token = issuer.mint("alice")
    first = await verifier.verify(token)
    monkeypatch.setattr("system.identity.verifier.parse", None)
    assert await verifier.verify(token) is first


async def test_a_refused_token_is_not_remembered(issuer: LocalIssuer, published: Published) -> None:
    verifier = backend_verifier(published)
    assert await refused(verifier, issuer.mint("alice", audience="elsewhere"))
    assert len(verifier._remembered) == 0


async def test_only_so_many_tokens_are_remembered(
    issuer: LocalIssuer, published: Published
) -> None:
    verifier = backend_verifier(published)
    verifier._remembered = RememberedTokens(limit=3, leeway=0)
    tokens = [issuer.mint(f"user-{number}") for number in range(5)]
    for token in tokens:
        await verifier.verify(token)
    assert len(verifier._remembered) == 3
    assert verifier._remembered.get(tokens[0], now=time.time()) is None
    assert verifier._remembered.get(tokens[4], now=time.time()) is not None


async def test_key_rotation_under_traffic_refuses_no_token_and_few_fetches(
    issuer: LocalIssuer, published: Published
) -> None:
    verifier = backend_verifier(published, jwks_min_refresh_interval=0.05)
    stranger = LocalIssuer.create("http://stranger.test", ("EdDSA",))
    key = stranger.key()
    started = time.monotonic()

    async def forge(number: int) -> bool:
        claims = issuer.claims("alice", audience=BACKEND)
        header = {"alg": "EdDSA", "kid": f"forged-{number}", "typ": "JWT"}
        return await refused(verifier, key.sign(claims, header))

    async def traffic(number: int) -> bool:
        if number % 100 == 50:
            issuer.rotate(keep_old=False)
        await asyncio.sleep(0)
        return await refused(verifier, issuer.mint(f"user-{number}"))

    forged = [asyncio.create_task(forge(number)) for number in range(900)]
    wrongly = [await traffic(number) for number in range(300)]
    assert all(await asyncio.gather(*forged))
    assert not any(wrongly)
    elapsed = time.monotonic() - started
    assert published.requests <= elapsed / 0.05 + 2


async def test_verifier_without_keys_refuses_no_token_permanently(
    issuer: LocalIssuer, published: Published
) -> None:
    published.down = True
    verifier = backend_verifier(published)
    with pytest.raises(Unavailable) as failed:
        await verifier.verify(issuer.mint("alice"))
    assert failed.value.retry_after == 1
    assert await refused(verifier, "rubbish"), "what no key could mend is refused all the same"


async def test_one_issuer_down_leaves_the_other_working(issuer: LocalIssuer) -> None:
    published = Published(issuer)
    published.documents["backend.test"] = lambda: None
    verifier = mcp_verifier(published)
    assert await verifier.warm_up() == {EXCHANGER_URL: False, ISSUER_URL: True}
    assert not await refused(verifier, issuer.mint("alice", audience=MCP))


async def test_outage_of_an_issuer_makes_only_its_own_users_unavailable(
    issuer: LocalIssuer,
) -> None:
    away = LocalIssuer.create(EXCHANGER_URL, ("EdDSA",))
    published = Published(issuer)
    published.documents["backend.test"] = lambda: None
    verifier = mcp_verifier(published)
    with pytest.raises(Unavailable):
        await verifier.verify(away.mint("bob", audience=MCP))
    assert (await verifier.verify(issuer.mint("alice", audience=MCP))).user_id == "alice"
    assert await verifier.knows_keys(), "a balancer must not take the service from alice"
    published.documents["backend.test"] = away.jwks
    assert (await verifier.verify(away.mint("bob", audience=MCP))).user_id == "bob"


async def test_verifier_without_any_keys_is_not_ready(published: Published) -> None:
    published.down = True
    assert not await mcp_verifier(published).knows_keys()


async def test_verifier_fetches_keys_before_the_first_token(issuer: LocalIssuer) -> None:
    published = Published(issuer)
    # The other one is not up yet.
    published.documents["backend.test"] = lambda: None
    verifier = mcp_verifier(published)
    verifier.keep_warm()
    await published.asked(2)
    assert not await refused(verifier, issuer.mint("alice", audience=MCP))
    assert verifier.fetches()[ISSUER_URL] == 1
    await verifier.aclose()


async def test_an_issuer_that_comes_up_late_is_asked_again_without_a_token(
    issuer: LocalIssuer,
) -> None:
    backend = LocalIssuer.create(EXCHANGER_URL, ("EdDSA",))
    published = Published(issuer, backend)
    published.down = True
    verifier = mcp_verifier(published, jwks_min_refresh_interval=0.01)
    verifier.keep_warm()
    await published.asked(4)
    published.down = False
    await published.asked(2)
    fetches = verifier.fetches()
    assert not await refused(verifier, backend.mint("alice", audience=MCP))
    assert verifier.fetches() == fetches
    await verifier.aclose()


async def test_verifier_keeps_keys_warm_without_requests(issuer: LocalIssuer) -> None:
    backend = LocalIssuer.create(EXCHANGER_URL, ("EdDSA",))
    published = Published(issuer, backend)
    options = {"jwks_min_refresh_interval": 0.01, "jwks_max_age": 0.2}
    verifier = mcp_verifier(published, **options)
    verifier.keep_warm()
    await published.asked(6)
    await verifier.aclose()


async def test_refusal_reason_is_logged_without_the_token_and_not_answered(
    issuer: LocalIssuer, published: Published, caplog: pytest.LogCaptureFixture
) -> None:
    token = issuer.mint("alice", audience="elsewhere")
    with caplog.at_level(logging.INFO), pytest.raises(Unauthorized) as answer:
        await backend_verifier(published).verify(token)
    assert "audience" in caplog.text
    assert token not in caplog.text
    assert "elsewhere" not in caplog.text
    assert answer.value.envelope()["message"] == Unauthorized.default_message
    assert answer.value.__cause__ is None


async def test_verifier_closes_its_own_http_client_only(published: Published) -> None:
    client = published.client()
    lent = TokenVerifier([trusted(ISSUER_URL, BACKEND)], http=client)
    await lent.aclose()
    assert not client.is_closed
    own = TokenVerifier([trusted(ISSUER_URL, BACKEND)])
    await own.aclose()
    assert own._http.is_closed


def test_an_issuer_is_named_once(published: Published) -> None:
    twice = [trusted(ISSUER_URL, BACKEND), trusted(ISSUER_URL, MCP)]
    with pytest.raises(ValueError, match="twice"):
        TokenVerifier(twice, http=published.client())


def test_the_configuration_knows_the_algorithms() -> None:
    known = trusted(ISSUER_URL, BACKEND).model_dump()
    alias = TrustedIssuer(**{**known, "algorithms": ("Ed25519", "EdDSA", "ES256")})
    assert alias.algorithms == ("EdDSA", "ES256")
    for wrong in ((), ("none",), ("HS256",), ("EdDSA", "RS512")):
        with pytest.raises(ValidationError, match="must be some of"):
            TrustedIssuer(**{**known, "algorithms": wrong})
    for field, value in (("jwks_url", "file:///etc/passwd"), ("issuer", ""), ("audience", "")):
        with pytest.raises(ValidationError):
            TrustedIssuer(**{**known, field: value})


async def test_the_same_sub_of_two_issuers_is_two_users_by_prefix(
    issuer: LocalIssuer,
) -> None:
    other = LocalIssuer.create(EXCHANGER_URL, ("EdDSA",))
    prefixed = trusted(EXCHANGER_URL, BACKEND).model_copy(update={"subject_prefix": "acme:"})
    issuers = [trusted(ISSUER_URL, BACKEND), prefixed]
    verifier = TokenVerifier(issuers, http=Published(issuer, other).client())

    async def user(of: LocalIssuer, sub: str) -> str:
        return (await verifier.verify(of.mint(sub, audience=BACKEND))).user_id

    assert [await user(issuer, "alice"), await user(other, "alice")] == ["alice", "acme:alice"]
    # No issuer may name a user of another's prefix.
    assert await refused(verifier, issuer.mint("acme:alice", audience=BACKEND))
    assert await refused(verifier, other.mint("a" * 251, audience=BACKEND))


async def test_an_issuer_that_shares_subjects_may_use_another_issuers_prefix(
    issuer: LocalIssuer,
) -> None:
    service = LocalIssuer.create(EXCHANGER_URL, ("EdDSA",))
    prefixed = trusted(ISSUER_URL, MCP).model_copy(update={"subject_prefix": "acme:"})
    acting = trusted(EXCHANGER_URL, MCP).model_copy(update={"shares_subjects": True})
    verifier = TokenVerifier([prefixed, acting], http=Published(issuer, service).client())
    subject = await verifier.verify(service.mint("acme:alice", audience=MCP))
    assert subject.user_id == "acme:alice"
