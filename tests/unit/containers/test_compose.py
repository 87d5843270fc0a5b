"""What `compose.yaml` promises, read from the file: no engine is needed."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.repository import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if "build" in each}
_SECRET = re.compile(r"PASSWORD|SECRET|SIGNING_KEY|API_KEY")

every_service = pytest.mark.parametrize("name", sorted(SERVICES))


def settings(name: str) -> dict[str, str]:
    found = SERVICES[name].get("environment", {})
    return {each: str(value) for each, value in found.items()}


@every_service
def test_a_secret_comes_from_outside_the_file(name: str) -> None:
    for setting, value in settings(name).items():
        if _SECRET.search(setting):
            assert re.fullmatch(r"\$\{\w+:[-?][^}]*\}", value), f"{setting} is written out"
        for password in re.findall(r"://[^/@:]+:([^@]*)@", value):
            assert password.startswith("${"), f"{setting} holds a password"


@every_service
def test_without_its_env_file_nothing_starts_with_an_empty_secret(name: str) -> None:
    for setting, value in settings(name).items():
        for variable in re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|SIGNING_KEY)):(.)", value):
            assert variable[1] == "?", f"{setting} may be empty"


@every_service
def test_service_writes_to_no_file_system_and_gains_no_privilege(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & service.keys()


@every_service
def test_ports_are_published_on_loopback_alone(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


def test_public_image_runs_as_a_named_user() -> None:
    others = SERVICES.keys() - OURS.keys()
    assert {name: SERVICES[name]["user"] for name in others} == {
        "postgres": "postgres",
        "prometheus": "65534:65534",
    }


@pytest.mark.parametrize("name", sorted(OURS))
def test_project_image_runs_as_its_own_user_and_reports_readiness(name: str) -> None:
    last = stages(OURS[name])
    users = re.findall(r"^USER (\S+)", last, re.MULTILINE)
    assert users == ["10001:10001"]
    if OURS[name]["restart"] != "no":
        assert "HEALTHCHECK" in last
    assert "org.opencontainers.image.title" in last


def stages(service: dict[str, Any]) -> str:
    """The text of the final image's stage and of those that it is made from."""
    build = service["build"]
    file = ROOT / build["context"] / build.get("dockerfile", "Dockerfile")
    parts = re.split(r"^FROM ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    named = {part.split()[2]: part for part in parts}
    name = build.get("target", parts[-1].split()[2])
    text = ""
    while name in named:
        text += named[name]
        name = named[name].split()[0]
    assert name in {"${PYTHON_IMAGE}", "${NODE_IMAGE}"}
    return text


@pytest.mark.parametrize("name", sorted(OURS))
def test_base_image_is_a_build_argument_with_a_tag_as_default(name: str) -> None:
    build = OURS[name]["build"]
    file = ROOT / build["context"] / build.get("dockerfile", "Dockerfile")
    text = file.read_text(encoding="utf-8")
    ((argument, default),) = re.findall(r"^ARG (\w+_IMAGE)=(\S+)$", text, re.MULTILINE)
    assert re.fullmatch(r"[a-z]+:[\w.-]+", default)
    assert text.index(f"ARG {argument}=") < text.index("FROM ")
    assert build["args"] == {argument: f"${{{argument}:-{default}}}"}


@every_service
def test_container_has_limits_of_memory_processes_and_processors(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"] == "${CONTAINER_MEMORY:-1g}"
    assert service["pids_limit"] == 512
    assert service["cpus"] == "${CONTAINER_CPUS:-1}"


def test_balancer_limits_the_time_for_a_requests_head() -> None:
    text = (ROOT / "deploy/balancer/haproxy.cfg").read_text(encoding="utf-8")
    assert re.search(r"^ +timeout http-request \d+s$", text, re.MULTILINE)


def test_each_starts_when_those_it_needs_are_ready() -> None:
    for name, service in SERVICES.items():
        for needed, condition in service.get("depends_on", {}).items():
            once = SERVICES[needed]["restart"] == "no"
            expected = "service_completed_successfully" if once else "service_healthy"
            assert condition["condition"] == expected, f"{name} waits for {needed}"


def test_frontend_waits_for_no_service_that_waits_for_its_keys() -> None:
    waiting, waited_for = {"frontend"}, set()
    while waiting:
        waited_for |= waiting
        waiting = {each for name in waiting for each in SERVICES[name].get("depends_on", {})}
    assert not {"backend", "mcp-server"} & waited_for


def test_only_services_with_a_database_are_on_its_network() -> None:
    there = {name for name, each in SERVICES.items() if "data" in each["networks"]}
    assert there == {
        "postgres",
        "migrations",
        "sign-in-migrations",
        "mcp-server",
        "mcp-server-2",
        "mcp-server-3",
        "backend",
        "backend-2",
        "frontend",
    }


def test_only_the_backend_is_on_a_network_with_both_the_tools_and_the_pages() -> None:
    reach_tools = {name for name, each in SERVICES.items() if "services" in each["networks"]}
    reach_pages = {name for name, each in SERVICES.items() if "pages" in each["networks"]}
    assert reach_tools & reach_pages == {"backend", "backend-2"}


def test_the_balancer_leads_to_every_replica_and_more_of_them_are_like_the_first() -> None:
    told = (ROOT / "deploy/balancer/haproxy.cfg").read_text(encoding="utf-8")
    servers = dict(re.findall(r"^    server (\S+) (\S+)$", told, re.MULTILINE))
    ports = {"backend": 8000, "mcp-server": 8001}
    first = {name: re.sub(r"-\d$", "", name) for name in SERVICES}
    replicas = {name for name in SERVICES if first[name] in ports}
    assert servers == {name: f"{name}:{ports[first[name]]}" for name in replicas}
    for name in replicas - ports.keys():
        for key in ("environment", "networks", "image", "depends_on"):
            assert SERVICES[name][key] == SERVICES[first[name]][key]
        assert not SERVICES[name].get("ports")
