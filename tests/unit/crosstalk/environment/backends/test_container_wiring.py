"""Containers reach each other by name; other clients reach them on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosstalk.environment.backends.container_wiring import INSIDE, ContainerWiring
from crosstalk.environment.backends.options import METRICS, SERVICES, ProcessOptions
from crosstalk.environment.parts.images import RECIPES
from crosstalk.environment.parts.sources import package_root


@pytest.fixture
def wiring(tmp_path: Path) -> ContainerWiring:
    """A run with the frontend."""
    ports = {name: 21_000 + number for number, name in enumerate((*SERVICES, *METRICS))}
    return ContainerWiring(ProcessOptions(tmp_path, frontend=True), tmp_path, ports)


def test_container_addresses_are_on_loopback_outside(wiring: ContainerWiring) -> None:
    for service in INSIDE:
        assert wiring.url(service).startswith("http://127.0.0.1:21")
    assert wiring.mcp_url == f"{wiring.url('mcp')}/mcp"


def test_container_services_fetch_keys_by_host_name(
    wiring: ContainerWiring,
) -> None:
    for service in ("mcp", "backend"):
        for trusted in json.loads(wiring.environment(service)["TRUSTED_ISSUERS"]):
            assert trusted["issuer"].startswith("http://127.0.0.1:21")
            host = trusted["jwks_url"].split("/")[2]
            assert host in {f"{name}:{port}" for name, port in INSIDE.items()}


def test_container_mcp_server_is_called_by_host_name_and_named_by_its_public_url(
    wiring: ContainerWiring,
) -> None:
    backend, mcp = wiring.environment("backend"), wiring.environment("mcp")
    assert backend["MCP_URL"] == "http://mcp:8001/mcp"
    assert backend["MCP_RESOURCE_URL"] == mcp["MCP_URL"] == wiring.mcp_url
    assert json.loads(mcp["MCP_ALLOWED_HOSTS"]) == ["mcp:8001"]


def test_container_services_log_in_with_their_own_roles(wiring: ContainerWiring) -> None:
    for service, setting in (
        ("mcp", "DATABASE_URL"),
        ("backend", "DATABASE_URL"),
        ("frontend", "AUTH_DATABASE_URL"),
    ):
        url = wiring.environment(service)[setting]
        role = "auth" if service == "frontend" else service
        assert url.startswith(f"postgresql://crosstalk_{role}:")
        assert url.endswith("@postgresql:5432/crosstalk")


def test_container_environment_has_nothing_of_the_callers_shell(
    wiring: ContainerWiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/the/callers")
    for service in INSIDE:
        assert "PATH" not in wiring.environment(service)


def test_issuer_container_sees_public_keys_alone(wiring: ContainerWiring) -> None:
    wiring.issuer.save(wiring.keys_file)
    published = [path.name for path in wiring.published.iterdir()]
    assert published == ["jwks.json"]
    keys = json.loads((wiring.published / "jwks.json").read_text())
    assert keys == wiring.issuer.jwks()
    assert not any("d" in key for key in keys["keys"])


def test_publishing_issuer_publishes_a_key_as_it_saves_it(wiring: ContainerWiring) -> None:
    wiring.issuer.save(wiring.keys_file)
    fresh = wiring.issuer.rotate()
    wiring.issuer.save(wiring.keys_file)
    keys = json.loads((wiring.published / "jwks.json").read_text())["keys"]
    assert fresh.kid in {key["kid"] for key in keys}


@pytest.mark.parametrize("service", ["mcp", "backend", "frontend", "model", "issuer"])
def test_container_ports_are_those_of_the_images(service: str) -> None:
    text = (package_root("crosstalk").parent / RECIPES[service].dockerfile).read_text(
        encoding="utf-8"
    )
    assert f"EXPOSE {INSIDE[service]}" in text
