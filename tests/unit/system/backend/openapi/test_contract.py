"""The page's copy of what it relies on is what the backend offers."""

from __future__ import annotations

import json
from pathlib import Path

from system.backend.openapi.contract import contract
from tests.repository import ROOT

_COPY = Path("system/frontend/lib/backend/contract.json")


def test_frontend_contract_equals_the_backends_document() -> None:
    assert json.loads((ROOT / _COPY).read_text()) == contract(), (
        f"python -m system.backend.openapi.contract > {_COPY}, "
        "then npm run api:generate in the frontend"
    )


def test_contract_keeps_fields_named_like_descriptive_words() -> None:
    draft = contract()["components"]["schemas"]["TaskDraft"]
    assert {"title", "description"} <= set(draft["properties"])
    assert "description" not in draft
