"""Samples the stack of the process that loads it, every four milliseconds of its processor time.

Python loads it at the start where its folder is on `PYTHONPATH`. SIGUSR2 begins anew; SIGUSR1
writes the samples to the file that `SAMPLES` names, as JSON: pairs of the files of its frames,
from the innermost, and its number of samples. It runs in the service, so it needs the standard
library alone.
"""

from __future__ import annotations

import atexit
import collections
import json
import os
import signal
from pathlib import Path
from types import FrameType

_SECONDS = 0.004
_samples: collections.Counter[tuple[str, ...]] = collections.Counter()


def _sample(number: int, frame: FrameType | None) -> None:
    files: list[str] = []
    while frame is not None:
        name = frame.f_code.co_filename
        if not files or files[-1] != name:
            files.append(name)
        frame = frame.f_back
    _samples[tuple(files)] += 1


def _begin(number: int, frame: FrameType | None) -> None:
    _samples.clear()


def _write(number: int, frame: FrameType | None) -> None:
    file = Path(os.environ["SAMPLES"])
    said = [[list(files), count] for files, count in _samples.items()]
    new = file.with_suffix(".new")
    new.write_text(json.dumps(said), encoding="utf-8")
    new.replace(file)


if "SAMPLES" in os.environ:
    signal.signal(signal.SIGPROF, _sample)
    signal.signal(signal.SIGUSR2, _begin)
    signal.signal(signal.SIGUSR1, _write)
    signal.setitimer(signal.ITIMER_PROF, _SECONDS, _SECONDS)
    # Once Python has put its handlers away, the signal would end the process.
    atexit.register(signal.setitimer, signal.ITIMER_PROF, 0)
