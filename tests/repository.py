"""Where this repository is checked out."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
