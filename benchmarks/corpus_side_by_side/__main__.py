"""`python -m benchmarks.corpus_side_by_side --tools FOLDER`: the tools on servers of the corpus.

Each tool runs on each server twice, with all planted leaks and with none. `--into docs` puts the
scores into the page and its data, and keeps those of servers and tools that were not run this time.
Exit status: 0 measured, 2 a server or a tool is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.checkout import short_commit
from benchmarks.corpus_side_by_side.page import as_json, lines
from benchmarks.corpus_side_by_side.scoring import Score, score
from benchmarks.corpus_side_by_side.selection import selected
from benchmarks.corpus_side_by_side.served import served
from benchmarks.corpus_side_by_side.tools import Tool, all_tools
from benchmarks.corpus_side_by_side.tools.base import NoReportError
from benchmarks.marked_part import replace_part
from benchmarks.proving_ground.manifest import Entry
from benchmarks.proving_ground.matching import Finding
from benchmarks.proving_ground.packages import MissingProgramError
from benchmarks.served import ServerError
from benchmarks.tool_command import CommandFailedError

_DATA = "corpus-side-by-side.json"
_PAGE = "strangers.md"
_PART = "side by side"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the page's part, and keep it where it is asked for."""
    options = _parser().parse_args(arguments)
    programs: Path = options.tools.resolve()
    entries = [
        each for each in selected() if not options.only or each.manifest.name in options.only
    ]
    tools = [each for each in all_tools() if not options.tool or each.name in options.tool]
    measured = f"{datetime.now(UTC):%Y-%m-%d} at {short_commit()}"
    try:
        versions = {each.name: each.version(programs) for each in tools}
        scores = []
        for entry in entries:
            for tool in tools:
                if not tool.written(entry.manifest.name).lines:
                    continue
                scores.append(_measured(entry, tool, programs, options.keep, measured))
                print(json.dumps(scores[-1].as_json()), flush=True)
    except (MissingProgramError, ServerError, CommandFailedError) as error:
        print(error, file=sys.stderr)
        return 2
    about = {each.name: {"version": versions[each.name], "given": each.given} for each in tools}
    if options.into is None:
        print("\n".join(lines(scores, about)))
    else:
        _keep(options.into, scores, about)
    return 0


def _measured(entry: Entry, tool: Tool, programs: Path, keep: Path | None, measured: str) -> Score:
    name = entry.manifest.name
    reported: dict[str, list[Finding]] = {}
    troubles = []
    seconds = 0.0
    for leaks in ("all", ""):
        reported[leaks] = []
        with tempfile.TemporaryDirectory(prefix="side-") as temporary:
            base = Path(temporary) if keep is None else keep.resolve() / tool.name / name
            run = "leaking" if leaks else "clean"
            folder = base / run
            folder.mkdir(parents=True)
            with served(entry, leaks, base / f"{run}-server") as server:
                began = time.monotonic()
                try:
                    reported[leaks] = tool.run(server, programs, folder)
                except (NoReportError, CommandFailedError) as error:
                    troubles.append(f"{run}: {error}"[:400])
                seconds += time.monotonic() - began
    return score(
        entry.manifest,
        tool.name,
        tool.written(name),
        reported["all"],
        reported[""],
        seconds,
        "; ".join(troubles) or None,
        measured,
    )


def _keep(into: Path, scores: Sequence[Score], about: dict[str, dict[str, str]]) -> None:
    """Put scores beside those that are kept already, in the order of servers and tools."""
    data = into / _DATA
    before = json.loads(data.read_text(encoding="utf-8")) if data.exists() else {}
    kept = {
        (each["server"], each["tool"]): Score.from_json(each) for each in before.get("scores", [])
    }
    kept |= {(each.server, each.tool): each for each in scores}
    servers = [each.manifest.name for each in selected()]
    names = [each.name for each in all_tools()]
    ordered = [kept[server, tool] for server in servers for tool in names if (server, tool) in kept]
    known = {**before.get("tools", {}), **about}
    columns = {name: known[name] for name in names if name in known}
    data.write_text(json.dumps(as_json(ordered, columns), indent=2) + "\n", encoding="utf-8")
    replace_part(into / _PAGE, _PART, lines(ordered, columns))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="corpus_side_by_side", description=__doc__)
    parser.add_argument("--tools", type=Path, required=True, help="folder with the tools' commands")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="one server")
    parser.add_argument("--tool", action="append", default=[], metavar="NAME", help="one tool")
    parser.add_argument("--keep", type=Path, help="folder for what the tools write")
    parser.add_argument("--into", type=Path, help="folder of the page and its data: docs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
