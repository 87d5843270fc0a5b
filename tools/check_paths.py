"""Check that paths named in documents exist: `python tools/check_paths.py`.

Checked are targets of links within the repository, and paths in code spans and code blocks that
begin with a folder of the project, e.g. `docs/style.md` or `crosstalk/oracles/`. A path is looked
up from the root, from `harness/`, from `system/` and from the document's own folder; `<area>` and
`*` stand for any name. A file that the document itself has its reader write (a fence with a title)
need not exist. The changelog is history and is left out.

Prints a line for each path that is missing and exits with status 1 when there is one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = (
    *("benchmarks", "crosstalk", "deploy", "docs", "examples", "frontend"),
    *("harness", "loadtests", "system", "tests", "tools"),
)
HISTORY = ("CHANGELOG.md",)
# MCP's methods and keys of `_meta` look like paths.
NOT_PATHS = frozenset({"tools/call", "tools/list", "crosstalk/idempotencyKey"})

_PATH = re.compile(rf"(?<![\w./${{-])(?:{'|'.join(FOLDERS)})/[\w./*<>-]+")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
_WILDCARD = re.compile(r"<[\w-]+>")
_WRITTEN = re.compile(r'^```\w+ title="([^"]+)"', re.MULTILINE)


def missing(root: Path = ROOT) -> Iterator[str]:
    """Yield a line for each path in a document of a checkout that does not exist."""
    for document in documents(root):
        name = document.relative_to(root).as_posix()
        text = document.read_text(encoding="utf-8")
        known = NOT_PATHS | set(_WRITTEN.findall(text))
        fenced = False
        for number, line in enumerate(text.splitlines(), 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
                continue
            for target in () if fenced else _LINK.findall(line):
                if "://" not in target and not (document.parent / target).exists():
                    yield f"{name}:{number}: link to {target}, which does not exist"
            for code in [line] if fenced else _CODE.findall(line):
                for path in _PATH.findall(code):
                    if path not in known and not _exists(root, document.parent, path):
                        yield f"{name}:{number}: {path} does not exist"


def documents(root: Path) -> Iterator[Path]:
    """Yield the Markdown files of a checkout, but for what is history."""
    found = {*root.glob("*.md"), *(root / "system" / "frontend").glob("*.md")}
    for folder in (".github", "docs", "examples", "tests"):
        found |= set((root / folder).rglob("*.md"))
    yield from sorted(each for each in found if each.name not in HISTORY)


def _exists(root: Path, folder: Path, path: str) -> bool:
    pattern = _WILDCARD.sub("*", path.rstrip("./"))
    return any(
        next(base.glob(pattern), None) is not None
        for base in (root, root / "harness", root / "system", folder)
    )


def main() -> int:
    """Print what is missing.

    Returns:
        1 when there is something, else 0.
    """
    found = list(missing())
    for each in found:
        print(each)
    print(f"{len(found)} missing" if found else "every path exists")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
