"""`python -m benchmarks.policies_side_by_side --tools FOLDER`: matrix tools and Crosstalk, scored.

Each fault of the five systems in `examples/targets/policies` is planted alone, and the system
without faults is run too. A fault is found where a tool reports something that it does not report
without it. Exit status: 0 measured, 2 a tool is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from jose import jwt

from benchmarks.policies_side_by_side import objects
from benchmarks.served import serving
from benchmarks.tool_command import run_command
from crosstalk.environment.runtime.ports import free_port

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
_SYSTEMS = _ROOT / "examples" / "targets" / "policies"
FAULTS = {
    "tenants": ("by-id", "search", "update"),
    "roles": ("report", "remove", "role-in-body"),
    "sharing": ("cached", "listed", "writes"),
    "invitations": ("pending", "anybody", "left"),
    "fields": ("hash", "phone", "owner-in-body"),
}
_CLAIMS = {
    "tenants": {
        "alice": {"tenant": "acme"},
        "bob": {"tenant": "acme"},
        "carol": {"tenant": "globex"},
    },
    "roles": {"carol": {"role": "admin"}},
}
_PEOPLE = ("alice", "bob", "carol")
_TOOLS = ("overstep", "authztrace", "crosstalk")
_SECONDS = 300.0


@dataclass
class Score:
    """A tool's result on one system."""

    found: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    lines: int = 0
    seconds: float = 0.0


def main() -> int:
    """Measure, print a table, and write the figures where they are asked for."""
    arguments = _arguments()
    scores: dict[str, dict[str, Score]] = {}
    for system, faults in FAULTS.items():
        for tool in arguments.only or _TOOLS:
            score = scores.setdefault(tool, {})[system] = Score(lines=_lines(tool, system))
            clean = _run(tool, system, "", arguments.tools, score)
            score.false = sorted(clean)
            for fault in faults:
                reported = _run(tool, system, fault, arguments.tools, score) - clean
                (score.found if reported else score.missed).append(fault)
            print(system, tool, json.dumps(asdict(score)), flush=True)
    print(_table(scores))
    if arguments.into:
        written = {
            tool: {name: asdict(each) for name, each in by.items()} for tool, by in scores.items()
        }
        arguments.into.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    return 0


def _run(tool: str, system: str, fault: str, tools: Path, score: Score) -> set[str]:
    with (
        tempfile.TemporaryDirectory() as folder,
        _served(system, fault, Path(folder)) as url,
    ):
        environment = {"BASE_URL": url, "LEAKS": fault}
        tokens = {user: _token(system, user) for user in _PEOPLE}
        environment |= {f"{user.upper()}_TOKEN": token for user, token in tokens.items()}
        if tool == "authztrace":
            environment |= getattr(objects, system)(_sender(url, tokens))
        began = time.monotonic()
        reported = _REPORTED[tool](system, tools, Path(folder), environment)
        score.seconds = round(score.seconds + time.monotonic() - began, 1)
        return reported


def _overstep(system: str, tools: Path, folder: Path, environment: Mapping[str, str]) -> set[str]:
    matrix = _HERE / "overstep" / f"{system}.yaml"
    _call(
        [tools / "overstep", "run", matrix, "--out", folder, "--concurrency", "1"],
        folder,
        environment,
    )
    report = _read(next(folder.glob("*.json"), None), folder)
    return {f"{each['resource']} {each['subject']}" for each in report["findings"]}


def _authztrace(system: str, tools: Path, folder: Path, environment: Mapping[str, str]) -> set[str]:
    contract = _HERE / "authztrace" / f"{system}.yaml"
    output = folder / "results.json"
    _call([tools / "authztrace", "run", "-c", contract, "--json", output], folder, environment)
    results = _read(output, folder)["results"]
    return {
        f"{each['outcome']} {each['name']}"
        for each in results
        if each["outcome"] in ("fail", "error")
    }


def _crosstalk(system: str, tools: Path, folder: Path, environment: Mapping[str, str]) -> set[str]:
    target = _SYSTEMS / f"{system}.toml"
    campaign = ["isolation", "--target", target, "--seed", "1", "--calls", "400"]
    _call([sys.executable, "-m", "crosstalk", *campaign], folder, environment)
    summary = _read(next(folder.rglob("summary.json"), None), folder)
    return {f"{each['oracle']} {each['tool']}" for each in summary["findings"]}


_REPORTED = {"overstep": _overstep, "authztrace": _authztrace, "crosstalk": _crosstalk}


def _read(report: Path | None, folder: Path) -> Any:
    if report is None or not report.exists():
        raise SystemExit(f"no report; the output was:\n{(folder / 'output.log').read_text()}")
    return json.loads(report.read_text(encoding="utf-8"))


def _call(command: list[Any], folder: Path, environment: Mapping[str, str]) -> None:
    run_command([str(each) for each in command], folder, environment, _SECONDS)


@contextmanager
def _served(system: str, fault: str, folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, f"{system}.py", str(port)]
    environment = {**os.environ, "LEAKS": fault}
    log = folder / "server.log"
    with serving(command, port, folder=_SYSTEMS, environment=environment, log=log):
        yield f"http://127.0.0.1:{port}"


def _token(system: str, user: str) -> str:
    key = re.search(r'^key = "(.+)"', (_SYSTEMS / f"{system}.toml").read_text(), re.MULTILINE)
    assert key is not None
    claims = {"sub": user, **_CLAIMS.get(system, {}).get(user, {})}
    return str(jwt.encode(claims, key[1], algorithm="HS256"))


def _sender(url: str, tokens: Mapping[str, str]) -> objects.Send:
    def send(user: str, method: str, path: str, **body: str) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {tokens[user]}"}
        answer = httpx2.request(method, url + path, json=body or None, headers=headers)
        answer.raise_for_status()
        found: Mapping[str, Any] = answer.json()
        return found

    return send


def _lines(tool: str, system: str) -> int:
    if tool == "crosstalk":
        text = (_SYSTEMS / f"{system}.toml").read_text(encoding="utf-8")
        # What `crosstalk init` writes by itself is not counted for the others either.
        return _written(text, "#")
    lines = _written((_HERE / tool / f"{system}.yaml").read_text(encoding="utf-8"), "#")
    if tool == "authztrace":
        source = (_HERE / "objects.py").read_text(encoding="utf-8")
        body = re.search(rf"^def {system}\(.*?(?=^def |\Z)", source, re.MULTILINE | re.DOTALL)
        assert body is not None
        lines += _written(body[0], '    """')
    return lines


def _written(text: str, comment: str) -> int:
    return sum(1 for each in text.splitlines() if each.strip() and not each.startswith(comment))


def _table(scores: Mapping[str, Mapping[str, Score]]) -> str:
    lines = ["| system | " + " | ".join(scores) + " |", "|---|" + "---|" * len(scores)]
    for system in FAULTS:
        cells = [_cell(by[system]) for by in scores.values()]
        lines.append(f"| {system} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(score: Score) -> str:
    missed = f"; not {', '.join(score.missed)}" if score.missed else ""
    false = f"; {len(score.false)} false" if score.false else ""
    planted = len(score.found) + len(score.missed)
    return f"{len(score.found)} of {planted}{missed}{false}; {score.lines} lines; {score.seconds} s"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policies_side_by_side")
    parser.add_argument("--tools", type=Path, required=True, help="folder with the tools' commands")
    parser.add_argument("--only", action="append", choices=_TOOLS)
    parser.add_argument("--into", type=Path, help="file for the figures (JSON)")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
