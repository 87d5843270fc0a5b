"""Pictures are well-formed XML, whatever their texts hold."""

from xml.etree import ElementTree

from crosstalk.report.svg import Markup, document, line, tag, text

_SPACE = "{http://www.w3.org/2000/svg}"
_HOSTILE = "</text><script>alert('x')</script> & \"quoted\""


def test_svg_document_escapes_texts_titles_and_attributes() -> None:
    label = text(1, 2, _HOSTILE, class_=_HOSTILE)
    picture = document(_HOSTILE, label, width=10, height=20)
    drawn = ElementTree.fromstring(picture)  # noqa: S314 - made here
    assert [each.tag for each in drawn.iter()].count(f"{_SPACE}script") == 0
    title, found = drawn.find(f"{_SPACE}title"), drawn.find(f"{_SPACE}text")
    assert title is not None
    assert found is not None
    assert title.text == found.text == found.attrib["class"] == _HOSTILE


def test_svg_elements_hold_children_as_they_are_and_round_numbers() -> None:
    group = tag("g", line((0, 0.123), (1, 2.0)), Markup("<path/>"), stroke_width=None, id="a")
    assert group == '<g id="a"><line x1="0" y1="0.1" x2="1" y2="2"/><path/></g>'
    assert tag("circle", text_anchor="middle") == '<circle text-anchor="middle"/>'


def test_svg_document_loads_nothing_from_elsewhere() -> None:
    drawn = document("t", text(0, 0, "x"), width=10.5, height=20, style="rect{fill:red}", size=9)
    assert 'viewBox="0 0 10.5 20"' in drawn
    assert "rect{fill:red}" in drawn
    assert drawn.count("http") == 1
