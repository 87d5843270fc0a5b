"""Choice of the servers, by a rule that looks at no tool's score."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from benchmarks.proving_ground.manifest import Entry, read_corpus

COUNT = 10
# An eleventh, for the answer 204 to a removal that removes nothing, which none of the ten gives:
# the first in the same order whose manifest says so.
WITHOUT_EFFECT = "timeclock"
# Servers that came after the draw: what the other tools are told is written for those drawn.
LATER = frozenset(
    {"accord", "allotment", "brewlog", "claimsheet", "clippings", "clutch"}
    | {"cookshelf", "couchside", "darkroom", "dragoman", "flagpole", "fossick"}
    | {"glazery", "glossa", "hamlog", "hearthbox", "hookrelay", "inkfold"}
    | {"kennel", "kitty", "medkit", "museum", "nightwatch", "oralhist"}
    | {"pagewatch", "receivables", "redliner", "roastline", "samples", "scanbox"}
    | {"seedvault", "snagline", "stageset", "trailcam", "transdesk", "upwatch"}
    | {"vinyl", "vows", "wattage"}
)


def selected(corpus: Sequence[Entry] | None = None) -> list[Entry]:
    """Return the servers: the first ten by the SHA-256 of their names, and the eleventh.

    Those that speak REST alone and describe it by OpenAPI are in the draw, since the matrix tools
    and schemathesis can call no others of the corpus. Those that came later are not.

    Args:
        corpus: The servers to choose from; all by default.
    """
    entries = list(read_corpus() if corpus is None else corpus)
    drawn = [
        each
        for each in entries
        if each.manifest.name not in LATER
        and each.manifest.surface == "rest"
        and each.manifest.openapi
        and not each.manifest.graphql
    ]
    drawn.sort(key=lambda each: hashlib.sha256(each.manifest.name.encode()).hexdigest())
    eleventh = [each for each in drawn[COUNT:] if each.manifest.name == WITHOUT_EFFECT]
    return [*drawn[:COUNT], *eleventh]
