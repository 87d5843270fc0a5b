from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from system.identity import IdentitySettings
from tests.unit.system.identity.issuing import BACKEND, ISSUER_URL, MCP, STRANGER_URL, trusted


def settings(**changes: Any) -> IdentitySettings:
    issuers = [trusted(ISSUER_URL, BACKEND).model_dump()]
    return IdentitySettings(**{"trusted_issuers": issuers, **changes})


async def test_verifier_keeps_keys_for_the_configured_age() -> None:
    told = settings(jwks_max_age_seconds=60, jwks_refresh_seconds=2, token_leeway_seconds=5)
    verifier = told.verifier()
    keys = verifier._keys[ISSUER_URL]
    assert (keys._max_age, keys._min_interval, verifier._leeway) == (60, 2, 5)
    await verifier.aclose()


@pytest.mark.parametrize(
    "changes",
    [
        {"trusted_issuers": []},
        {"trusted_issuers": [trusted(ISSUER_URL, BACKEND), trusted(ISSUER_URL, MCP)]},
        {"trusted_issuers": [trusted(ISSUER_URL, BACKEND), trusted(STRANGER_URL, BACKEND)]},
        {"jwks_max_age_seconds": 0},
        {"jwks_refresh_seconds": 0},
        {"token_leeway_seconds": -1},
        {"token_leeway_seconds": 3_600},
    ],
)
def test_identity_settings_that_would_undo_verification_are_refused(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError):
        settings(**changes)


@pytest.mark.parametrize("second", [{"subject_prefix": "acme:"}, {"shares_subjects": True}])
def test_two_issuers_of_one_audience_need_a_prefix_or_shared_subjects(
    second: dict[str, Any],
) -> None:
    first, other = (trusted(url, BACKEND).model_dump() for url in (ISSUER_URL, STRANGER_URL))
    with pytest.raises(ValidationError, match="subject_prefix"):
        settings(trusted_issuers=[first, other])
    assert settings(trusted_issuers=[first, {**other, **second}]).trusted_issuers
    elsewhere = trusted(STRANGER_URL, MCP).model_dump()
    assert settings(trusted_issuers=[first, elsewhere]).trusted_issuers
