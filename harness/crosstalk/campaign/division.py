"""One campaign among several processes, each with a system of its own.

A campaign's parts, what its plan makes and the phases, do not depend on one another: each is run
by the process that comes to it first. Every process begins the plan at another place and goes round
it. What they share is in a folder: a file for each part that a process has taken, and the calls
that each of them has made, or keeps for what it runs.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

_Part = TypeVar("_Part")
_COUNT = struct.Struct("<q")
_STOPPED, _CALLS = "stopped", "calls"


class Division:
    """Other processes of the same campaign: here there are none."""

    number = 1

    def take(self, part: str) -> bool:
        """Return whether a part is to be run here, because no other process has taken it."""
        del part
        return True

    def taken_elsewhere(self, part: str) -> bool:
        """Return whether another process runs a part, or has run it."""
        del part
        return False

    def in_order(self, parts: Sequence[_Part], early: int) -> Iterator[_Part]:
        """Yield the parts of the plan in the order in which they are tried here.

        Args:
            parts: In the order of what they show for their calls.
            early: How many of them come before everything else: the first process begins there.
        """
        del early
        yield from parts

    def calls_elsewhere(self) -> int:
        """Return the calls that the others have made, or keep for what they run."""
        return 0

    def note(self, calls: int) -> None:
        """Note how many calls have been made here."""

    def reserve(self, calls: int) -> None:
        """Keep as many calls more for this process, or fewer where it is a negative number."""

    @contextmanager
    def keeping(self, calls: int) -> Iterator[None]:
        """Keep this many calls in all for this process while the block is under way."""
        del calls
        yield

    def stop(self) -> None:
        """Have the others stop: enough was found."""

    def stopped(self) -> bool:
        """Return whether another process has found enough."""
        return False


ALONE = Division()


class SharedDivision(Division):
    """Other processes of the same campaign, known by a folder.

    Args:
        folder: Of this campaign alone; every process is given the same one.
        number: Of this process, from 1.
        processes: How many there are.
    """

    def __init__(self, folder: Path, number: int, processes: int) -> None:
        self.number = number
        self._processes = processes
        self._folder = folder
        self._here: set[str] = set()
        self._made = self._kept = self._reserved = 0
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _CALLS).open("a+b") as file:
            # Whoever comes first makes it, and to make it as long again changes nothing.
            file.truncate(processes * _COUNT.size)
            self._calls = mmap.mmap(file.fileno(), processes * _COUNT.size)

    def take(self, part: str) -> bool:
        """Return whether a part is to be run here, because no other process has taken it."""
        if part in self._here:
            return True
        try:
            self._file(part).touch(exist_ok=False)
        except FileExistsError:
            return False
        self._here.add(part)
        return True

    def taken_elsewhere(self, part: str) -> bool:
        """Return whether another process runs a part, or has run it."""
        return part not in self._here and self._file(part).exists()

    def in_order(self, parts: Sequence[_Part], early: int) -> Iterator[_Part]:
        """Yield the parts of the plan from this process's place on, and then those before it."""
        later = len(parts) - early
        begin = early + (self.number - 2) * later // (self._processes - 1)
        begin = 0 if self.number == 1 else begin
        yield from parts[begin:]
        yield from parts[:begin]

    def calls_elsewhere(self) -> int:
        """Return the calls that the others have made, or keep for what they run."""
        counts = [
            _COUNT.unpack_from(self._calls, place * _COUNT.size)[0]
            for place in range(self._processes)
            if place != self.number - 1
        ]
        return sum(counts)

    def note(self, calls: int) -> None:
        """Note how many calls have been made here."""
        self._made = calls
        shown = max(calls, self._kept) + self._reserved
        _COUNT.pack_into(self._calls, (self.number - 1) * _COUNT.size, shown)

    def reserve(self, calls: int) -> None:
        """Keep as many calls more for this process, or fewer where it is a negative number."""
        self._reserved += calls
        self.note(self._made)

    @contextmanager
    def keeping(self, calls: int) -> Iterator[None]:
        """Keep this many calls in all for this process while the block is under way."""
        before, self._kept = self._kept, calls
        self.note(self._made)
        try:
            yield
        finally:
            self._kept = before
            self.note(self._made)

    def stop(self) -> None:
        """Have the others stop: enough was found."""
        self._file(_STOPPED).touch()

    def stopped(self) -> bool:
        """Return whether another process has found enough."""
        return self._file(_STOPPED).exists()

    def _file(self, part: str) -> Path:
        return self._folder / f"{part.replace(' ', '-')}.taken"
