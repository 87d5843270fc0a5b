"""Forms in which a text names an object are read off descriptions."""

from __future__ import annotations

import pytest

from crosstalk.generator.values.forms.mentions import Mention, mentions_told, usual_mentions


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Put in as {{clause:name}}.", [Mention("{{clause:", "}}", "clause")]),
        ("Links by [[Title]] and by [[Title]]", [Mention("[[", "]]")]),
        ("${snippet} is filled in", [Mention("${", "}", "snippet")]),
        ("{{ asset.key }}", [Mention("{{ asset.", " }}", "asset")]),
        ("GET /notes/{note_id}", []),
    ],
)
def test_forms_are_told_with_the_kind_of_what_they_name(said: str, found: list[Mention]) -> None:
    assert mentions_told([said, "nothing"]) == found


def test_usual_forms_name_an_object_by_its_kind_and_name() -> None:
    made = [each.of("liability") for each in usual_mentions("clause")]
    assert {"{{liability}}", "{{clause:liability}}", "[[liability]]"} <= set(made)
