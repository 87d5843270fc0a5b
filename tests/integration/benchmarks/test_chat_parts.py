"""The sampler of `benchmarks.chat_parts` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.chat_parts.__main__ import read_samples

_SAMPLER = Path(__file__).parents[3] / "benchmarks" / "chat_parts" / "sampler"


def test_sampler_writes_what_its_process_did_since_it_was_told_to_begin(tmp_path: Path) -> None:
    file = tmp_path / "samples.json"
    code = (
        "import os, signal, time\n"
        "def work(seconds):\n"
        "    end = time.process_time() + seconds\n"
        "    while time.process_time() < end: pass\n"
        "work(0.4); os.kill(os.getpid(), signal.SIGUSR2)\n"
        "work(0.2); os.kill(os.getpid(), signal.SIGUSR1)\n"
    )
    script = tmp_path / "busy.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(_SAMPLER), "SAMPLES": str(file)}
    subprocess.run([sys.executable, str(script)], env=environment, check=True, timeout=60)
    samples = read_samples(file)
    seen = sum(count for files, count in samples if files[0] == str(script))
    # One for each four milliseconds of the processor, of 200; those of the first 400 are forgotten.
    assert 10 < seen < 90


def test_sampler_leaves_a_process_alone_that_is_not_sampled(tmp_path: Path) -> None:
    code = "import signal, sys; sys.exit(signal.getsignal(signal.SIGPROF) != signal.SIG_DFL)"
    environment = {**os.environ, "PYTHONPATH": str(_SAMPLER)}
    environment.pop("SAMPLES", None)
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
