"""Names of a service's settings, as its sources have them."""

from __future__ import annotations

import re

import pytest

from crosstalk.environment.parts.service_settings import settings_of_service
from tests.repository import ROOT


@pytest.mark.parametrize("service", ["backend", "mcp"])
def test_every_setting_in_a_services_template_is_read_by_it(service: str) -> None:
    text = (ROOT / f"deploy/env/{service}.env.example").read_text(encoding="utf-8")
    told = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
    assert len(told) > 20
    # Whether it is production is no choice of a start on loopback.
    assert told - settings_of_service(ROOT, service) == {"ENVIRONMENT"}


@pytest.mark.parametrize("service", ["model", "issuer"])
def test_a_service_that_is_configured_by_arguments_has_none(service: str) -> None:
    assert settings_of_service(ROOT, service) == frozenset()
