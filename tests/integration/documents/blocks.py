"""Command blocks of a document: what is run, what is left out and why, and what must be printed.

A block is fenced and begins with `sh`. A comment before it, which no reader of the page sees, says
what is different from a block that is run and ends with 0:

    <!-- ends with 1 -->            its last command ends with 1
    <!-- long -->                   run by `./noxw -s long` alone
    <!-- not run: REASON -->        left out, and the test prints the reason

A fence `text` right after one is output that the block must have printed, line after line; an
ellipsis in it stands for anything, and numbers and identifiers may differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

_COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
# Whoever types has waited long enough for a server to be up.
_ANSWERS = "curl -s -o /dev/null http://127.0.0.1:8000/"
_ENDS = re.compile(r"ends with (\d+)")
# Languages of fences that hold no commands.
DATA = frozenset({"text", "toml", "yaml", "json", "python", "diff"})
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
            if token.info not in DATA:
                raise ValueError(f"{document.name}:{line}: a fence of kind {token.info!r}")
            continue
        before = tokens[number - 1]
        comment = _COMMENT.search(before.content) if before.type == "html_block" else None
        after = tokens[number + 1] if number + 1 < len(tokens) else None
        printed = after.content if after is not None and after.info == "text" else ""
        lines = tuple(each for each in printed.splitlines() if each.strip(" …"))
        found.append(_block(f"{document.name}:{line}", line, token.content, comment, lines))
    return found


def _block(
    place: str, line: int, commands: str, comment: re.Match[str] | None, printed: tuple[str, ...]
) -> Block:
    word = comment[1] if comment else ""
    if word.startswith("not run: "):
        return Block(line, commands, left_out=" ".join(word.removeprefix("not run: ").split()))
    if word == "long":
        return Block(line, commands, long=True, printed=printed)
    ends = _ENDS.fullmatch(word)
    if word and not ends:
        raise ValueError(f"{place}: no such mark: {word}")
    return Block(line, commands, int(ends[1]) if ends else 0, printed=printed)


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
