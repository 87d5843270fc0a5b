from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.core.policy.conditions import ConditionError, holds, parsed

NAMES: dict[str, dict[str, Any]] = {
    "subject": {"tenant": "acme", "roles": ["admin"], "level": 3},
    "owner": {"tenant": "acme"},
    "operation": {"name": "rest:GET /notes"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("subject.tenant == owner.tenant", True),
        ("subject.tenant != owner.tenant", False),
        ("'admin' in subject.roles and not owner.tenant == 'globex'", True),
        ("2 < subject.level <= 3", True),
        ("subject.tenant in ['acme', 'globex']", True),
        ("subject.region == owner.region", False),
        ("subject.level > 'a'", False),
    ],
)
def test_conditions_compare_attributes(text: str, expected: bool) -> None:
    assert holds(text, NAMES) is expected


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "subject.tenant.upper() == 'ACME'",
        "subject.__class__ == owner.tenant",
        "subject.roles[0] == 'admin'",
        "[each for each in subject.roles]",
        "stranger.tenant == owner.tenant",
        "lambda: True",
        "1 +",
        "9 ** 9 ** 9",
        f"{'not ' * 60}subject.tenant",
    ],
)
def test_other_expressions_are_refused(text: str) -> None:
    with pytest.raises(ConditionError):
        parsed(text)


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parsed(text)
    except ConditionError:
        return
    assert holds(text, NAMES) in (True, False)
