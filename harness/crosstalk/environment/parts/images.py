"""Images of the system's parts, each built once for each state of its sources.

A tag is a hash of those files, so that a second run builds nothing and a changed copy of the system
(a planted leak) gets images of its own. Builds go through the `docker` command, because the
Dockerfiles want BuildKit.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crosstalk.environment.runtime.content_hash import hashed
from crosstalk.environment.runtime.engine import engine_client, engine_errors
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.file_lock import file_lock
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.process import ServiceProcess

POSTGRES = "postgres:17"
_BUILT = "crosstalk.built-for"
_BUILD_SECONDS = 1_800.0
_KEPT = 4
_MADE = ("__pycache__", "node_modules", ".next", ".mypy_cache", ".ruff_cache")


@dataclass(frozen=True, slots=True)
class Recipe:
    """The recipe of an image.

    Attributes:
        dockerfile: Path of its Dockerfile, from the folder that holds the packages.
        target: Its stage.
        context: The build context, likewise.
        sources: Files that it is made from, likewise; a folder stands for all in it.
        beside: Files among them that it is not made from.
    """

    dockerfile: str
    target: str
    context: str
    sources: tuple[str, ...]
    beside: tuple[str, ...] = ()


def _python(target: str) -> Recipe:
    return Recipe("system/Dockerfile", target, ".", ("system",), ("system/frontend",))


def _stand_in(target: str) -> Recipe:
    sources = (
        "harness/crosstalk/__init__.py",
        "harness/crosstalk/core/__init__.py",
        "harness/crosstalk/core/errors.py",
        "harness/crosstalk/model",
        "harness/crosstalk/tokens",
    )
    made = ("harness/Dockerfile", "harness/requirements.txt", "system/healthcheck.py")
    return Recipe("harness/Dockerfile", target, ".", (*sources, *made))


RECIPES: Mapping[str, Recipe] = {
    "migrations": _python("migrations"),
    "mcp": _python("mcp"),
    "backend": _python("backend"),
    "model": _stand_in("model"),
    "issuer": _stand_in("issuer"),
    "frontend": Recipe(
        "system/frontend/Dockerfile",
        "frontend",
        "system/frontend",
        ("system/frontend",),
        ("system/frontend/tests", "system/frontend/README.md"),
    ),
}


class Images:
    """Builds missing images.

    Args:
        system_root: Folder that contains the `system` package.
        harness_root: Folder that contains the `harness` package.
        log: File for the output of builds.
    """

    def __init__(self, system_root: Path, harness_root: Path, log: Path) -> None:
        self._system_root = system_root
        self._harness_root = harness_root
        self._log = log

    def tag(self, name: str, guard: Guard) -> str:
        """Return the tag of a part's image, which is built first where there is none.

        Raises:
            EnvironmentFailed: It cannot be built.
        """
        recipe = RECIPES[name]
        root = self._harness_root if recipe.dockerfile.startswith("harness") else self._system_root
        if not (root / recipe.dockerfile).is_file():
            raise EnvironmentFailed(
                f"{root / recipe.dockerfile} is not there, and {name}'s image is made from it: "
                "run from a clone of the project, or use --environment processes"
            )
        tag = f"crosstalk-{name}:{fingerprint(recipe, root)}"
        with _alone(name):
            if not _there(tag):
                self._build(name, recipe, root, tag, guard)
                _drop_old(f"crosstalk-{name}")
        return tag

    def _build(self, name: str, recipe: Recipe, root: Path, tag: str, guard: Guard) -> None:
        program = shutil.which("docker") or "docker"
        options = ["--file", str(root / recipe.dockerfile), "--target", recipe.target]
        marks = ["--tag", tag, "--label", f"{_BUILT}=harness"]
        pip = os.environ.get("PIP_CONFIG_FILE")
        secret = ["--secret", f"id=pip,src={pip}"] if pip and Path(pip).is_file() else []
        command = [program, "buildx", "build", "--progress", "plain", "--load"]
        build = ServiceProcess(
            name=f"the build of {name}'s image",
            command=[*command, *options, *marks, *secret, str(root / recipe.context)],
            # The caller's environment has the engine's address and credentials.
            environment=dict(os.environ),
            log=self._log,
        )
        build.run(guard, _BUILD_SECONDS)


def fingerprint(recipe: Recipe, root: Path) -> str:
    """Hash all that an image is made from: names and contents."""
    return hashed(_files(recipe, root), root)


def _files(recipe: Recipe, root: Path) -> Iterator[Path]:
    beside = {root / each for each in recipe.beside}
    for source in recipe.sources:
        path = root / source
        if path.is_file():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            here = Path(folder)
            folders[:] = [
                each for each in folders if each not in _MADE and here / each not in beside
            ]
            yield from (here / each for each in names if here / each not in beside)


def _there(tag: str) -> bool:
    with engine_errors("the engine does not say which images it has"), engine_client() as client:
        return bool(client.images.list(filters={"reference": tag}))


def _drop_old(repository: str) -> None:
    """Remove all images but the newest; one that a container still runs from stays."""
    from docker.errors import APIError

    with engine_errors("the engine does not say which images it has"), engine_client() as client:
        found = client.images.list(filters={"reference": repository, "label": _BUILT})
        found.sort(key=lambda image: str(image.attrs["Created"]), reverse=True)
        for image in found[_KEPT:]:
            for tag in image.tags:
                with contextlib.suppress(APIError):
                    client.images.remove(tag)


@contextlib.contextmanager
def _alone(name: str) -> Iterator[None]:
    """Hold a lock: of two concurrent runs one builds and the other waits."""
    lock = Path(tempfile.gettempdir(), f"crosstalk-image-{name}-{os.getuid()}.lock")
    what, instead = f"the image crosstalk-{name}", "set TMPDIR to another folder"
    with file_lock(lock, what, seconds=_BUILD_SECONDS, instead=instead):
        yield
