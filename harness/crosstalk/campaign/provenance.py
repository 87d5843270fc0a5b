"""Provenance of a run: what was run and when, the version, the commit, and the configuration.

With the seed the last three reproduce a campaign's choices. The digest covers how much was tried
and what was described; it says whether two runs were asked the same, not what they were asked.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from crosstalk.campaign.options import CampaignOptions
from crosstalk.core.errors import HarnessError
from crosstalk.core.version import harness_version
from crosstalk.environment import locate_system

_SHORT = 16


def provenance(
    options: CampaignOptions, about: Mapping[str, str], described: Path | None = None
) -> dict[str, str]:
    """Return `target`, `date`, `version`, `commit` and `configuration` of a run.

    Args:
        options: How much is tried; the seed is told apart and not part of the digest.
        about: What is run: a planted leak, a way to the data, a demonstration.
        described: The target's file, where one describes it; its commit is then the one that
            counts, and what it says is part of the digest.
    """
    asked = {key: value for key, value in asdict(options).items() if key != "seed"}
    text = described.read_text(encoding="utf-8") if described is not None else ""
    asked_of = {key: value for key, value in about.items() if key != "target"}
    canonical = json.dumps([asked, asked_of, text], sort_keys=True, default=str)
    return {
        "target": _name_of(about, text),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "version": harness_version(),
        "commit": commit_of(described.resolve().parent) if described else _system_commit(),
        "configuration": hashlib.sha256(canonical.encode()).hexdigest()[:_SHORT],
    }


def _name_of(about: Mapping[str, str], described: str) -> str:
    """Return what is run, by its addresses or its command where a file describes it."""
    if described:
        return ", ".join(_addresses(described)) or "a described server"
    if "demonstration" in about:
        return f"demonstration {about['demonstration']}"
    planted = about.get("mutant")
    return f"reference system, planted leak {planted}" if planted else "reference system"


def _addresses(described: str) -> list[str]:
    """Return where a description says that its server is, without anything that may be secret."""
    told = tomllib.loads(described)
    mcp, rest = told.get("mcp", {}), told.get("rest", {})
    urls = [mcp.get("url", ""), rest.get("base") or rest.get("openapi") or rest.get("graphql", "")]
    # The program and what it runs; further arguments may be keys.
    program = " ".join(str(each) for each in mcp.get("command", ())[:2] if str(each)[:1] != "-")
    return [each for each in (*map(_bare_url, urls), program) if each]


def _bare_url(url: str) -> str:
    """Return a URL without user, password and query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _system_commit() -> str:
    """Return the checkout's commit; a wheel's copy may lie in a repository of another project."""
    try:
        root = locate_system()
    except HarnessError:
        return "unknown"
    return commit_of(root) if (root / ".git").exists() else "unknown"


def commit_of(folder: Path) -> str:
    """The commit checked out there, `+changes` where files differ from it, `unknown` without."""
    head = _git(folder, "rev-parse", "HEAD")
    if head is None:
        return "unknown"
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return f"{head}+changes" if changed else head


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        said = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return said.stdout.strip() if said.returncode == 0 else None
