"""Words of a shell: what a hostile server says stays one word, on one line."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstalk.execution.by_hand.shell import comment, quoted, word

VARIABLES = {"xtvar0001q": "ALICE_TOKEN"}


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), max_size=30))
def test_printable_text_is_one_word_that_means_itself(text: str) -> None:
    assert shlex.split(quoted(text)) == [text]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_stays_on_one_printable_line(text: str) -> None:
    assert quoted(text).isprintable()


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_nul_and_half_a_surrogate_pair_are_errors(text: str) -> None:
    with pytest.raises(ValueError, match=r"NUL|surrogate"):
        quoted(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bearer xtvar0001q", '"Bearer $ALICE_TOKEN"'),
        ("xtvar0001qx", '"${ALICE_TOKEN}x"'),
        ("$(touch x) xtvar0001q", "'$(touch x) '\"$ALICE_TOKEN\""),
        ('{"a": xtvar0001q}', "'{\"a\": '\"$ALICE_TOKEN\"'}'"),
        ("!x xtvar0001q", "'!x '\"$ALICE_TOKEN\""),
        ("\n xtvar0001q", "$'\\x0a '\"$ALICE_TOKEN\""),
    ],
)
def test_variables_stand_in_double_quotes_and_nothing_hostile_does(
    text: str, expected: str
) -> None:
    assert word(text, VARIABLES) == expected


def test_a_comment_is_harmless_to_a_shell_without_comments() -> None:
    shown = comment("mcp:x $(touch a) `b` ; rm & \n' \" > file " + "y" * 500)
    assert not set("$`;&\n'\"><()|") & set(shown)
    assert len(shown) < 200
