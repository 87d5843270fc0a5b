"""Command blocks of a document: what is run, what is left out and why, and what must be printed.

A block is fenced and begins with `sh`. A comment before it, which no reader of the page sees, says
what is different from a block that is run and ends with 0:

    <!-- ends with 1 -->            its last command ends with 1
    <!-- long -->                   run by `./noxw -s long` alone; `long, ends with 1` is both
    <!-- not run: REASON -->        left out, and the test prints the reason

A fence `text` right after one is output that the block must have printed, line after line; an
ellipsis in it stands for anything, and numbers and identifiers may differ.

A fence with a title (`python title="PATH"`) is a file that its reader writes, and a fence `diff` on
a page with such files a change that its reader makes, both before any command is run.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

_COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
# Whoever types has waited long enough for a server to be up.
_ANSWERS = "curl -s -o /dev/null http://127.0.0.1:8000/"
_ENDS = re.compile(r"ends with (\d+)")
# Languages of fences that hold no commands.
DATA = frozenset({"text", "toml", "yaml", "json", "python", "diff", "sql"})
_TITLE = re.compile(r'title="([^"]+)"')
# A marker of the harness, a long hexadecimal name, a number.
_VARYING = re.compile(r"\bxt?[a-z]+z[0-9a-f]{8}\b|\b[0-9a-f]{12,}\b|\d+")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of commands.

    Attributes:
        line: Its place in the document, from 1.
        commands: Its text.
        status: Exit status of its last command.
        long: It is run by the long session alone.
        left_out: Why it is not run; None where it is.
        printed: Lines that it must have printed.
    """

    line: int
    commands: str
    status: int = 0
    long: bool = False
    left_out: str | None = None
    printed: tuple[str, ...] = ()


def blocks_of(document: Path) -> list[Block]:
    """Return the command blocks of a document in their order.

    Raises:
        ValueError: A fence or a comment before one is of no known kind.
    """
    tokens = MarkdownIt("commonmark").parse(document.read_text(encoding="utf-8"))
    found: list[Block] = []
    for number, token in enumerate(tokens):
        if token.type not in ("fence", "code_block"):
            continue
        line = (token.map or [0])[0] + 1
        if token.info != "sh":
            if token.info.partition(" ")[0] not in DATA:
                raise ValueError(f"{document.name}:{line}: a fence of kind {token.info!r}")
            continue
        before = tokens[number - 1]
        comment = _COMMENT.search(before.content) if before.type == "html_block" else None
        after = tokens[number + 1] if number + 1 < len(tokens) else None
        printed = after.content if after is not None and after.info == "text" else ""
        lines = tuple(each for each in printed.splitlines() if each.strip(" …"))
        found.append(_block(f"{document.name}:{line}", line, token.content, comment, lines))
    return found


def write_files(document: Path, folder: Path, port: int) -> int:
    """Write a document's files into a folder and make its changes there; return how many.

    Args:
        document: The page.
        folder: A copy of the checkout.
        port: Takes the place of 8000.

    Raises:
        subprocess.CalledProcessError: A change does not apply.
    """
    written, changes = 0, []
    for token in MarkdownIt("commonmark").parse(document.read_text(encoding="utf-8")):
        if token.type != "fence":
            continue
        title = _TITLE.search(token.info)
        if title is not None:
            file = folder / title[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(token.content.replace("8000", str(port)), encoding="utf-8")
            written += 1
        elif token.info == "diff":
            changes.append(token.content)
    for each in changes if written else ():
        # By what stands around a change: the lines' numbers may be others meanwhile.
        subprocess.run(["git", "apply", "-"], cwd=folder, input=each, text=True, check=True)
    return written + len(changes) if written else 0


def _block(
    place: str, line: int, commands: str, comment: re.Match[str] | None, printed: tuple[str, ...]
) -> Block:
    word = comment[1] if comment else ""
    if word.startswith("not run: "):
        return Block(line, commands, left_out=" ".join(word.removeprefix("not run: ").split()))
    long, status = False, 0
    for each in filter(None, re.split(r",\s*", word)):
        if each == "long":
            long = True
        elif ends := _ENDS.fullmatch(each):
            status = int(ends[1])
        else:
            raise ValueError(f"{place}: no such mark: {each}")
    return Block(line, commands, status, long, printed=printed)


def script_of(blocks: list[Block], marks: str) -> str:
    """Return one script for bash that runs blocks in one shell.

    Each ends with a line of `marks`, its number and its status; the first block with a status that
    is not its own ends the script, and servers that blocks have left running end with it.
    """
    parts = ["trap 'kill $(jobs -p) 2>/dev/null' EXIT", "exec 2>&1"]
    for number, block in enumerate(blocks):
        strict = "set -e" if block.status == 0 else "set +e"
        parts += [strict, block.commands.rstrip(), "__code=$?", "set +e"]
        parts.append(f'printf "%s %s %s\\n" {marks} {number} $__code')
        parts.append(f"[ $__code = {block.status} ] || exit 1")
        if block.commands.rstrip().endswith("&"):
            parts.append(f"for _ in $(seq 300); do {_ANSWERS} && break; sleep 0.1; done")
    return "\n".join(parts) + "\n"


def missing_lines(printed: tuple[str, ...], output: str) -> list[str]:
    """Return the lines that an output lacks, in the order in which they must come."""
    lines = iter([_shape(each) for each in output.splitlines()])
    return [
        each
        for each in printed
        if not any(re.fullmatch(_pattern(each), line) is not None for line in lines)
    ]


def _shape(line: str) -> str:
    return " ".join(_VARYING.sub("#", line).split())


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part.strip()) for part in _shape(line).split("…"))
