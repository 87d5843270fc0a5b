"""The page's copy of what it relies on is what the backend offers."""

from __future__ import annotations

import json
from pathlib import Path

from system.backend.openapi.contract import contract
from tests.repository import ROOT

_COPY = Path("system/frontend/lib/backend/contract.json")


def test_the_frontend_relies_on_what_the_backend_offers() -> None:
    assert json.loads((ROOT / _COPY).read_text()) == contract(), (
        f"python -m system.backend.openapi.contract > {_COPY}, "
        "then npm run api:generate in the frontend"
    )


def test_fields_named_like_words_for_people_are_kept() -> None:
    draft = contract()["components"]["schemas"]["TaskDraft"]
    assert {"title", "description"} <= set(draft["properties"])
    assert "description" not in draft
