from __future__ import annotations

import pytest

from crosstalk.tokens import BY_NAME, FORGERIES, ForgeryContext, LocalIssuer, NotApplicableError

ISSUER = LocalIssuer.create("http://issuer.test")
STRANGER = LocalIssuer.create("http://stranger.test", ("EdDSA", "ES256"))
EXCHANGER = LocalIssuer.create("http://backend.test", ("EdDSA",))
CALLER = LocalIssuer.create("http://mcp.test", ("EdDSA",))
CONTEXT = ForgeryContext(
    ISSUER, STRANGER, "alice", "backend", "http://mcp.test", EXCHANGER, caller=CALLER
)


def test_forgery_has_a_unique_name_a_source_and_a_description() -> None:
    assert len(BY_NAME) == len(FORGERIES)
    for each in FORGERIES:
        assert each.name == each.name.lower().strip()
        assert each.source
        assert each.description


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_forgery_can_be_built(name: str) -> None:
    credential = BY_NAME[name].credential(CONTEXT)
    assert all(value for _, value in credential.headers)


def test_forgery_that_needs_an_unknown_key_is_not_applicable() -> None:
    few = LocalIssuer.create("http://issuer.test", ("EdDSA",))
    context = ForgeryContext(few, STRANGER, "alice", "backend", "http://mcp.test")
    for name in ("psychic-signature", "hmac-with-public-key", "exchanged-token-here"):
        with pytest.raises(NotApplicableError):
            BY_NAME[name].credential(context)
    assert BY_NAME["alg-none"].credential(context).headers


def test_forgery_that_is_genuine_on_a_surface_is_not_applicable_there() -> None:
    trusting = ForgeryContext(
        ISSUER, STRANGER, "alice", "http://mcp.test", "backend", EXCHANGER, trusts_exchanger=True
    )
    with pytest.raises(NotApplicableError):
        BY_NAME["exchanged-token-here"].credential(trusting)


def test_forgery_context_replaces_and_leaves_out_members() -> None:
    assert CONTEXT.header(alg="x", kid=None) == {"alg": "x", "typ": "JWT"}
    assert "exp" not in CONTEXT.claims(exp=None)
