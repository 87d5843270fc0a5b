"""The backend keeps what its OpenAPI document says: schemathesis, all checks, stateful."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from crosstalk.environment import RunningSystem

SECONDS = int(os.environ.get("CONTRACT_SECONDS", "20"))
# The tests repeat themselves; the session `contract` sets none, and tries something new each time.
SEED = os.environ.get("CONTRACT_SEED", "20261121")
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")


@pytest.mark.timeout(SECONDS + 180)
def test_backend_answers_as_its_openapi_document_says(
    running: RunningSystem, tmp_path: Path, alice: str, bob: str
) -> None:
    people = [
        {
            "name": user,
            "fixedHeaders": [
                {"name": "Authorization", "value": f"Bearer {running.mint(user, ttl=3_600)}"}
            ],
        }
        for user in (alice, bob)
    ]
    credentials = tmp_path / "people.json"
    credentials.write_text(json.dumps({"schemaVersion": "0.2.0", "auth": people}))
    configuration = tmp_path / "schemathesis.toml"
    # Requests are alice's, under her own path; bob is tried on what she could read.
    configuration.write_text(
        f"hooks = {json.dumps(str(HOOKS))}\n"
        "[auth.wfc]\n"
        f"path = {json.dumps(str(credentials))}\n"
        f"user = {json.dumps(alice)}\n"
        f"peers = {json.dumps([alice, bob])}\n"
        "[parameters]\n"
        f'"path.user_id" = {json.dumps(alice)}\n'
    )
    program = Path(sysconfig.get_path("scripts")) / "schemathesis"
    command = [str(program), "--config-file", str(configuration), "run", "--no-color"]
    command += ["--checks", "all", "--continue-on-failure", "--max-time", str(SECONDS)]
    if SEED:
        command += ["--seed", SEED]
    run = subprocess.run(
        [*command, f"{running.backend_url}/openapi.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    print(run.stdout)
    assert run.returncode == 0, run.stdout[-6_000:] + run.stderr[-2_000:]
    # A run that generated next to nothing would pass as well.
    generated = re.search(r"(\d+) generated", run.stdout)
    assert generated is not None
    assert int(generated[1]) > 100
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in run.stdout
