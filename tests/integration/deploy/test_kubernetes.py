"""The manifests: valid, hardened, and true to the code that they start. No cluster is needed."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from crosstalk.environment.backends.compose_settings import new_settings, write_settings
from system.backend.settings import BackendSettings
from system.identity import SigningKey
from system.mcp.settings import McpSettings
from system.store import StoreSettings
from tests.integration.deploy.manifests import (
    FOLDER,
    OVERLAYS,
    Document,
    documents,
    kind,
    labels,
    name,
    pod,
    selects,
    settings,
    workloads,
)
from tests.repository import ROOT

every_overlay = pytest.mark.parametrize("overlay", OVERLAYS)
_SECRET_WORDS = re.compile(r"PASSWORD|SECRET|SIGNING_KEY|API_KEY|DATABASE_URL")


@every_overlay
def test_every_document_is_one_of_kubernetes(overlay: str) -> None:
    assert len(documents(overlay)) > 15
    for each in documents(overlay):
        _validate(json.dumps(each, default=str))


@functools.cache
def _validate(document: str) -> None:
    """Once for overlays that have the same."""
    kubernetes_validate.validate(json.loads(document), "1.33", strict=True)


def test_every_file_is_used_and_every_file_named_is_there() -> None:
    for kustomization in FOLDER.rglob("kustomization.yaml"):
        told = yaml.safe_load(kustomization.read_text(encoding="utf-8"))
        makers = told.get("configMapGenerator", ())
        generated = [
            each for made in makers for key in ("envs", "files") for each in made.get(key, ())
        ]
        patches = [each["path"] for each in told.get("patches", ())]
        named = [*told.get("resources", ()), *told.get("components", ()), *generated, *patches]
        for each in named:
            assert (kustomization.parent / each).exists(), f"{kustomization}: {each}"
        beside = {
            str(each.relative_to(kustomization.parent))
            for each in kustomization.parent.rglob("*")
            if each.is_file() and each != kustomization
        }
        assert beside == {each for each in named if not (kustomization.parent / each).is_dir()}


@every_overlay
def test_every_pod_selector_finds_pods(overlay: str) -> None:
    pods = [labels(each) for each in workloads(overlay)]
    for each in kind(overlay, "Service", "PodDisruptionBudget", "NetworkPolicy"):
        chosen = each["spec"].get("selector") or each["spec"].get("podSelector") or {}
        if each["kind"] == "Service":
            chosen = {"matchLabels": chosen}
        assert any(selects(chosen, marks) for marks in pods), f"{each['kind']} {name(each)}"
    for each in workloads(overlay):
        if "selector" in each["spec"]:
            assert selects(each["spec"]["selector"], labels(each))


@every_overlay
def test_a_service_leads_to_a_port_that_its_pods_have(overlay: str) -> None:
    for service in kind(overlay, "Service"):
        (workload,) = (each for each in workloads(overlay) if name(each) == name(service))
        there = {port["name"] for port in pod(workload)["containers"][0]["ports"]}
        assert {each["targetPort"] for each in service["spec"]["ports"]} <= there - {"metrics"}


@every_overlay
def test_autoscaler_alone_sets_the_replicas_of_an_existing_workload(overlay: str) -> None:
    scaled = {
        each["spec"]["scaleTargetRef"]["name"] for each in kind(overlay, "HorizontalPodAutoscaler")
    }
    assert scaled == {"backend", "mcp"}
    for each in kind(overlay, "Deployment"):
        assert ("replicas" in each["spec"]) == (name(each) not in scaled)


@every_overlay
def test_pods_run_as_nobody_and_gain_nothing(overlay: str) -> None:
    for workload in workloads(overlay):
        spec = pod(workload)
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
            assert "memory" in container["resources"]["limits"]
    for namespace in kind(overlay, "Namespace"):
        enforced = namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        assert enforced == "restricted"


@every_overlay
def test_serving_pods_have_readiness_probes_and_time_to_end(overlay: str) -> None:
    for workload in kind(overlay, "Deployment", "StatefulSet"):
        (container,) = pod(workload)["containers"]
        assert {"readinessProbe", "livenessProbe"} <= container.keys()
        if "lifecycle" in container:
            pause = int(container["lifecycle"]["preStop"]["exec"]["command"][-1])
            drain = int(settings(overlay, name(workload)).get("DRAIN_SECONDS", "0"))
            assert pod(workload)["terminationGracePeriodSeconds"] > pause + drain
    for service, ready in (
        ("backend", "/ready"),
        ("mcp", "/ready"),
        ("frontend", "/api/auth/jwks"),
    ):
        assert _container(overlay, service)["readinessProbe"]["httpGet"]["path"] == ready
    for service in ("backend", "mcp"):
        assert _container(overlay, service)["livenessProbe"]["httpGet"]["path"] == "/health"


@every_overlay
@pytest.mark.parametrize(
    ("service", "kind_of_settings", "field"),
    [("backend", BackendSettings, "backend_port"), ("mcp", McpSettings, "mcp_port")],
)
def test_ports_are_those_of_the_code(
    overlay: str, service: str, kind_of_settings: type[Any], field: str
) -> None:
    ports = {each["name"]: each["containerPort"] for each in _container(overlay, service)["ports"]}
    assert ports["http"] == kind_of_settings.model_fields[field].default
    assert ports["metrics"] == int(settings(overlay, service)["METRICS_PORT"])


@every_overlay
@pytest.mark.parametrize(
    ("service", "kinds"),
    [("backend", (BackendSettings,)), ("mcp", (McpSettings, StoreSettings))],
)
def test_a_service_starts_with_what_it_is_told(
    overlay: str, service: str, kinds: tuple[type[Any], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = settings(overlay, service)
    assert not any(_SECRET_WORDS.search(each) for each in told)
    secrets = {
        "DATABASE_URL": f"postgresql://crosstalk_{service}:kD83nf-32kdTz_1q@db.internal/crosstalk",
        "CURSOR_SECRET": "q8Zr2-Lm1xWv7Tn4Bk9cHs5Jd0Gf3Yp6",
        "BACKEND_SIGNING_KEY": json.dumps(SigningKey.generate().private_jwk()),
        "OPENAI_API_KEY": "sk-A1b2C3d4E5f6",
    }
    by_reference = {each["name"] for each in _secret_references(_container(overlay, service))}
    for variable, value in {**told, **{each: secrets[each] for each in by_reference}}.items():
        monkeypatch.setenv(variable, value)
    known = {each.upper() for one in kinds for each in one.model_fields}
    assert told.keys() <= known
    for one in kinds:
        one()


@every_overlay
def test_the_frontend_is_told_what_it_documents(overlay: str) -> None:
    table = (ROOT / "system/frontend/README.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE))
    secret = {each["name"] for each in _secret_references(_container(overlay, "frontend"))}
    assert settings(overlay, "frontend").keys() | secret <= documented


@every_overlay
def test_every_secret_is_made_by_the_script_and_explained(overlay: str) -> None:
    made = _made_secrets()
    page = (ROOT / "docs/deploy/kubernetes.md").read_text(encoding="utf-8")
    for workload in workloads(overlay):
        for each in _secret_references(pod(workload)["containers"][0]):
            where = each["valueFrom"]["secretKeyRef"]
            assert where["key"] in made[where["name"]]
            assert f"`{where['name']}`" in page
            assert f"`{where['key']}`" in page


def test_the_backend_reaches_mcp_and_whoever_has_a_role_the_database() -> None:
    pods = {name(each): labels(each) for each in workloads("local")}
    reached = {
        (one, other, port)
        for one in pods
        for other in pods
        for port in (3000, 5432, 8000, 8001, 8002, 9100, 9101)
        if one != other and _may(pods[one], pods[other], port)
    }
    assert {each for each in reached if each[2] == 8001} == {("backend", "mcp", 8001)}
    with_a_role = ("backend", "mcp", "frontend", "migrations")
    assert {each for each in reached if each[2] == 5432} == {
        (one, "postgres", 5432) for one in with_a_role
    }
    assert {each for each in reached if each[2] not in (5432, 8001)} == {
        ("frontend", "backend", 8000),
        ("mcp", "backend", 8000),
        ("backend", "frontend", 3000),
        ("backend", "model", 8002),
    }


@every_overlay
def test_pods_without_a_network_policy_rule_reach_no_other_pod(overlay: str) -> None:
    (nobody,) = (each for each in kind(overlay, "NetworkPolicy") if name(each) == "nobody")
    assert nobody["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def _container(overlay: str, service: str) -> Document:
    (workload,) = (each for each in workloads(overlay) if name(each) == service)
    (container,) = pod(workload)["containers"]
    found: Document = container
    return found


def _secret_references(container: Document) -> list[Document]:
    given = container.get("env", ())
    return [each for each in given if "secretKeyRef" in each.get("valueFrom", {})]


def _made_secrets() -> dict[str, set[str]]:
    script = (FOLDER / "secrets.sh").read_text(encoding="utf-8")
    parts = re.split(r"^secret ", script, flags=re.MULTILINE)[1:]
    return {each.split()[0]: set(re.findall(r'"([A-Z_]+)=', each)) for each in parts}


def _may(one: dict[str, str], other: dict[str, str], port: int) -> bool:
    """Whether the policies of the local overlay let one pod open a connection to another."""

    def allowed(way: str, own: dict[str, str], peer: dict[str, str]) -> bool:
        key, peers = ("ingress", "from") if way == "Ingress" else ("egress", "to")
        return any(
            port in {each["port"] for each in rule["ports"]}
            and any(
                "podSelector" in each and selects(each["podSelector"], peer) for each in rule[peers]
            )
            for policy in kind("local", "NetworkPolicy")
            if way in policy["spec"]["policyTypes"] and selects(policy["spec"]["podSelector"], own)
            for rule in policy["spec"].get(key, ())
        )

    return allowed("Egress", one, other) and allowed("Ingress", other, one)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_the_script_makes_them_of_what_crosstalk_env_wrote(tmp_path: Path) -> None:
    file = tmp_path / "env"
    write_settings(file, new_settings())
    done = subprocess.run(
        ["bash", str(FOLDER / "secrets.sh"), str(file)], check=True, capture_output=True, text=True
    )
    made = [each for each in yaml.safe_load_all(done.stdout) if each]
    assert {name(each): set(each["data"]) for each in made} == _made_secrets()
    for each in made:
        kubernetes_validate.validate(each, "1.33", strict=True)
        assert all(each["data"].values())
