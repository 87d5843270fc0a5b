"""What the manifests come to: rendered by kubectl where it is, put together here elsewhere."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tests.repository import ROOT

Document: TypeAlias = dict[str, Any]
FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = sorted(each.name for each in (FOLDER / "overlays").iterdir())


@functools.cache
def documents(overlay: str) -> tuple[Document, ...]:
    """Everything that `kubectl apply -k` would send."""
    folder = FOLDER / "overlays" / overlay
    if shutil.which("kubectl") is None:
        return tuple(_together(folder))
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder)], check=True, capture_output=True, text=True
    )
    return tuple(yaml.safe_load_all(done.stdout))


def _together(folder: Path) -> Iterator[Document]:
    """Resources and components, and config maps of their files; patches are left out."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    for name in (*kustomization.get("resources", ()), *kustomization.get("components", ())):
        path = folder / name
        if path.is_dir():
            yield from _together(path)
        else:
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def kind(overlay: str, *kinds: str) -> list[Document]:
    """An overlay's documents of these kinds."""
    return [each for each in documents(overlay) if each["kind"] in kinds]


def name(document: Document) -> str:
    """A document's name."""
    return str(document["metadata"]["name"])


def workloads(overlay: str) -> list[Document]:
    """Whatever makes pods."""
    return kind(overlay, "Deployment", "StatefulSet", "Job")


def pod(workload: Document) -> Document:
    """The pod of a workload: its `spec`."""
    found: Document = workload["spec"]["template"]["spec"]
    return found


def labels(workload: Document) -> dict[str, str]:
    """The labels of its pods."""
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


def selects(selector: Document, marks: dict[str, str]) -> bool:
    """Whether a label selector takes a pod with these labels; an empty one takes all."""
    for key, value in selector.get("matchLabels", {}).items():
        if marks.get(key) != value:
            return False
    for each in selector.get("matchExpressions", ()):
        if each["operator"] != "In":
            raise ValueError(f"this reader does not know {each['operator']}")
        if marks.get(each["key"]) not in each["values"]:
            return False
    return True


def settings(overlay: str, workload: str) -> dict[str, str]:
    """The settings in a service's config map: those of the base, then what overlays change."""
    found: dict[str, str] = {}
    for folder in _layers(FOLDER / "overlays" / overlay):
        kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
        for generator in kustomization.get("configMapGenerator", ()):
            if generator["name"] == workload:
                lines = [
                    line
                    for file in generator.get("envs", ())
                    for line in (folder / file).read_text(encoding="utf-8").splitlines()
                ]
                pairs = [*lines, *generator.get("literals", ())]
                found |= dict(each.split("=", 1) for each in pairs if each)
    return found


def _layers(folder: Path) -> list[Path]:
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    below = [folder / each for each in kustomization.get("resources", ())]
    return [*(layer for each in below if each.is_dir() for layer in _layers(each)), folder]
