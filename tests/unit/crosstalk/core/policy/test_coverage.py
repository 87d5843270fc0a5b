from __future__ import annotations

from crosstalk.core.policy import Policy, Reserve
from crosstalk.core.policy.coverage import OWN, PolicyMatrix, merged
from tests.unit.crosstalk.core.policy.stories import (
    BOB,
    CAROL,
    PEOPLE,
    Story,
    sharing_policy,
)

READ, REPORT = "rest:GET /notes/{note_id}", "rest:GET /report"


def test_the_matrix_says_what_is_permitted_and_what_was_tried() -> None:
    policy = Policy(people=PEOPLE, boundary="tenant", reserves=(Reserve(("admin",), (REPORT,)),))
    matrix = PolicyMatrix.of(policy, [READ, REPORT])
    assert matrix.rows["bob", READ, "alice"].permitted
    assert not matrix.rows["carol", READ, "alice"].permitted
    assert not matrix.rows["alice", REPORT, OWN].permitted
    assert matrix.rows["bob", REPORT, OWN].permitted
    assert matrix.refused_tried() == 0
    matrix.take(Story(policy).stored().read(CAROL).history)
    row = matrix.rows["carol", READ, "alice"]
    assert (row.tried, row.served) == (1, 1)
    assert matrix.refused_tried() == 1
    assert PolicyMatrix.from_json(matrix.to_json()) == matrix
    both = merged([matrix, None, matrix])
    assert both is not None
    assert both.rows["carol", READ, "alice"].tried == 2


def test_a_call_that_sharing_permits_is_no_refusal() -> None:
    policy = sharing_policy()
    matrix = PolicyMatrix.of(policy, [READ])
    matrix.take(Story(policy).stored().shared().read(BOB).history)
    assert matrix.rows["bob", READ, "alice"].shared == 1
    assert matrix.refused_tried() == 0
