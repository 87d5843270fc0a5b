"""Images hold nothing secret of whoever builds them: no file, no variable, no line of history."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstalk.environment.parts.images import Images
from crosstalk.environment.parts.sources import package_root
from crosstalk.environment.runtime.engine import engine_client
from crosstalk.environment.runtime.guard import Guard

pytestmark = [pytest.mark.engine, pytest.mark.long]

_BASE = "python:3.13-slim"
_MARKER = "planted-marker-in-a-secret"
_PLANTED = (
    "{0}/.env",
    "{0}/.env.local",
    "{0}/deep/.env.production",
    "{0}/signing.pem",
    "{0}/deep/tls.key",
    "{0}/.crosstalk/keys.json",
)


def entries(image: bytes) -> Iterator[tuple[str, bytes]]:
    """Every file of a saved image, those inside its layers as well."""
    with tarfile.open(fileobj=io.BytesIO(image)) as outer:
        for member in outer:
            taken = outer.extractfile(member)
            if taken is None:
                continue
            content = taken.read()
            yield member.name, content
            try:
                layer = tarfile.open(fileobj=io.BytesIO(content))  # noqa: SIM115 - may be none
            except tarfile.TarError:
                continue
            with layer:
                for each in layer:
                    inside = layer.extractfile(each) if each.isfile() else None
                    yield each.name, inside.read() if inside else b""


@pytest.mark.parametrize(
    ("part", "folder", "kept"),
    [
        ("mcp", "system", "app/system/mcp/__main__.py"),
        ("model", "harness/crosstalk/model", "crosstalk/model/__main__.py"),
    ],
)
def test_image_holds_no_secret_of_whoever_builds_it(
    engine: None,
    guard: Guard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    folder: str,
    kept: str,
) -> None:
    with engine_client() as client:
        if not client.images.list(filters={"reference": _BASE}):
            pytest.skip(f"the engine has no {_BASE} (docker pull {_BASE})")
    root = tmp_path / "clone"
    for name in ("system", "harness"):
        left_out = shutil.ignore_patterns("node_modules", ".next", "__pycache__")
        shutil.copytree(package_root("system") / name, root / name, ignore=left_out)
    for each in _PLANTED:
        path = root / each.format(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"SECRET={_MARKER}\n")
    for variable in ("OPENAI_API_KEY", "DATABASE_URL", "BETTER_AUTH_SECRET"):
        monkeypatch.setenv(variable, _MARKER)
    tag = Images(root, root, tmp_path / "build.log").tag(part, guard)
    with engine_client() as client:
        image = client.images.get(tag)
        try:
            described = json.dumps([image.attrs, image.history()])
            held = b"".join(image.save())
        finally:
            client.images.remove(tag, force=True)
    names = []
    for name, content in entries(held):
        names.append(name)
        assert _MARKER.encode() not in content, name
    assert _MARKER not in described
    # The control: the layers were looked into.
    assert any(each.endswith(kept) for each in names)
