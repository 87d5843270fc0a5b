"""`crosstalk --help` reads every verb's module and none of the packages that they run with."""

from __future__ import annotations

import subprocess
import sys

# Each takes a good part of a second, and a help text needs none of them.
HEAVY = {"hypothesis", "pytest", "mcp", "pydantic", "jinja2", "docker", "psycopg"}


def test_the_help_text_imports_no_heavy_package() -> None:
    script = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from crosstalk.cli.app import app\n"
        "done = CliRunner().invoke(app, ['--help'])\n"
        "assert done.exit_code == 0, done.output\n"
        "print(*sorted({each.partition('.')[0] for each in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    assert "crosstalk" in loaded
    assert not HEAVY & loaded
