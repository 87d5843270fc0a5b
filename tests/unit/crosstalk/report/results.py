"""A result by hand, for every form that it can take."""

from __future__ import annotations

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.script import script_of
from crosstalk.core.verdict import Control, Finding, Inconclusive, InconclusiveKind
from tests.unit.crosstalk.histories import ALICE, Writer, ok

HOSTILE = "</pre><script>alert(1)</script> ```` | \x1b[2J \x00 \ud800 ]]>"


def leaking() -> CampaignResult:
    """A run with one finding, whose text tries to break out of every form."""
    story = Writer().call(ALICE, "list", {"title": HOSTILE}, ok({}))
    finding = Finding(
        "canary", "list", ("alice",), f"saw {HOSTILE}", script_of(story.history), "replays/1.json"
    )
    controls = {
        "list": Control(3, 2, 1, 3, {"canary": 2}),
        "read": Control(4, 3, 1, 4, {"canary": 3, "existence": 1}),
    }
    return CampaignResult(
        "leak",
        7,
        1.5,
        42,
        [finding],
        controls,
        [Inconclusive(InconclusiveKind.UNSTEADY, f"odd {HOSTILE}", HOSTILE)],
        not_applicable={"identity": f"nobody has a credential {HOSTILE}"},
        coverage={"mcp:read": {"id": 3, HOSTILE: 0}},
        provenance={"version": "1.2", "commit": "c0ffee", "configuration": "d16e57"},
    )
