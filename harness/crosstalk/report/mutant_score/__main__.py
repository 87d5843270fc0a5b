"""`python -m crosstalk.report.mutant_score`: publish the score of the latest run in the docs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.report.mutant_score.publication import publish
from crosstalk.report.run_folder import ROOT


def main() -> int:
    """Write the docs' data file, page and picture; 2 where there is no run to publish."""
    parser = argparse.ArgumentParser(prog="python -m crosstalk.report.mutant_score")
    latest = ROOT / "mutants" / "latest" / "summary.json"
    parser.add_argument("summary", type=Path, nargs="?", default=latest)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    given = parser.parse_args()
    try:
        for path in publish(given.summary, given.docs):
            print(path)
    except HarnessError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
