"""What was run can be told apart from what was not, and found again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.provenance import commit_of, provenance


def _git(folder: Path, *arguments: str) -> None:
    person = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *person, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_digest_is_of_what_was_asked_and_not_of_the_seed(tmp_path: Path) -> None:
    def digest(calls: int = 100, seed: int = 1, **about: str) -> str:
        return provenance(CampaignOptions(calls=calls, seed=seed), about)["configuration"]

    assert digest(seed=1) == digest(seed=2)
    assert len({digest(), digest(calls=200), digest(mutant="list-without-filter")}) == 3


def test_the_digest_is_of_what_the_targets_file_says_wherever_it_lies(tmp_path: Path) -> None:
    options = CampaignOptions(seed=1)
    digests = []
    for name, text in (("a", "confirmed = true"), ("b", "confirmed = true"), ("c", "other = 1")):
        path = tmp_path / f"{name}.toml"
        path.write_text(text)
        digests.append(provenance(options, {"target": str(path)}, path)["configuration"])
    assert digests[0] == digests[1] != digests[2]


def test_the_commit_says_whether_files_differ_from_it(tmp_path: Path) -> None:
    assert commit_of(tmp_path) == "unknown"
    _git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("1")
    _git(tmp_path, "add", "file")
    _git(tmp_path, "commit", "-qm", "first")
    clean = commit_of(tmp_path)
    assert len(clean) == 40
    (tmp_path / "file").write_text("2")
    assert commit_of(tmp_path) == f"{clean}+changes"


@pytest.mark.parametrize(
    ("described", "target"),
    [
        ('[mcp]\nurl = "http://me:s3cret@h:1/mcp?key=s3cret"', "http://h:1/mcp"),
        ('[rest]\nopenapi = "https://h/openapi.json"', "https://h/openapi.json"),
        ('[mcp]\ncommand = ["python", "server.py", "--key", "s3cret"]', "python server.py"),
        ('[mcp]\ncommand = ["server", "--key=s3cret"]', "server"),
        ("confirmed = true", "a described server"),
    ],
)
def test_target_is_named_without_what_may_be_secret(
    tmp_path: Path, described: str, target: str
) -> None:
    path = tmp_path / "crosstalk.toml"
    path.write_text(described)
    assert provenance(CampaignOptions(), {"target": str(path)}, path)["target"] == target


def test_planted_leak_and_demonstration_are_named() -> None:
    named = [
        provenance(CampaignOptions(), about)["target"]
        for about in ({}, {"mutant": "list-without-filter"}, {"demonstration": "x"})
    ]
    assert named == [
        "reference system",
        "reference system, planted leak list-without-filter",
        "demonstration x",
    ]
