"""Corpora yield what a seed says, without end, and well-framed requests are well framed."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.hostile.corpus import CORPORA, Context
from crosstalk.hostile.inputs import Attacker
from crosstalk.hostile.model import OUTPUTS, directive
from crosstalk.hostile.session import HostilePlan, drawn

_CONTEXT = Context(
    "127.0.0.1:8000", "127.0.0.1:8001", "/mcp", [Attacker("eve", "a.b.c", "d.e.f")], "victim"
)


@pytest.mark.parametrize("surface", CORPORA)
def test_corpus_of_a_seed_is_the_same_each_time(surface: str) -> None:
    corpus = CORPORA[surface][0]
    first, second = (list(islice(corpus(_CONTEXT, random.Random(3)), 300)) for _ in range(2))
    assert first == second
    assert {each.surface for each in first} == {surface}
    assert len({each.payload for each in first}) > 3


@pytest.mark.parametrize("surface", sorted(set(CORPORA) - {"framing"}))
def test_well_framed_input_has_one_head_and_its_whole_body(surface: str) -> None:
    for each in islice(CORPORA[surface][0](_CONTEXT, random.Random(4)), 300):
        head, _, body = each.payload.partition(b"\r\n\r\n")
        lengths = [
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ]
        assert sum(lengths) == len(body)


def test_inputs_of_a_plan_come_from_its_surfaces() -> None:
    plan = HostilePlan(1, only=("json", "texts"))
    assert {each.surface for each in islice(drawn(_CONTEXT, plan), 200)} == {"json", "texts"}


def test_unknown_surface_names_those_that_exist() -> None:
    with pytest.raises(HarnessError, match="there is no surface 'x'; there are: framing"):
        drawn(_CONTEXT, HostilePlan(1, only=("x",)))


def test_short_run_has_the_model_write_each_of_its_outputs() -> None:
    plan = HostilePlan.short(1)
    sent = b"".join(each.payload for each in islice(drawn(_CONTEXT, plan), plan.inputs))
    asked = [directive(number).encode() + b'"' in sent for number in range(OUTPUTS)]
    assert all(asked), asked
