"""Output for programs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def print_json(data: Any) -> None:
    """Print data as JSON on standard output, where nothing else goes."""
    sys.stdout.write(json.dumps(data, indent=2, default=str) + "\n")


def print_file(path: Path) -> None:
    """Print a JSON file on standard output as it is."""
    sys.stdout.write(path.read_text(encoding="utf-8"))
