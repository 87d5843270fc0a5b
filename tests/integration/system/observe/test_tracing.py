"""Without a collector no tracing library is imported."""

from __future__ import annotations

import subprocess
import sys


def test_without_a_collector_nothing_is_imported_or_sent() -> None:
    code = (
        "import sys, system.backend.app, system.mcp.app\n"
        "from system.observe.tracing import outgoing, span, start_tracing, trace_id\n"
        "end = start_tracing('service', None)\n"
        "with span('nothing') as started:\n"
        "    assert started is None and outgoing() == {} and trace_id() is None\n"
        "end()\n"
        "print([m for m in sys.modules if m.startswith(('opentelemetry.sdk', "
        "'opentelemetry.exporter'))])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == "[]\n"
