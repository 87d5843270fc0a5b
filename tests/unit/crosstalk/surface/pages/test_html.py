"""What is read off a page of HTML."""

from __future__ import annotations

from crosstalk.surface.pages.fields import asks_for_secrets, body_schema, csrf_field, ids_of_choices
from crosstalk.surface.pages.html import page_of

PAGE = """<!doctype html><html><head><title> The
 title </title><meta name="description" content="of alice"><style>p { color: red }</style></head>
<body class="x-alice"><!-- seen by alice --><a href="/notes/1?tab=a#top" title="a note">Note</a>
<img src="/p/1.png" alt="a picture"><p>one <b>two</b>
<script type="application/json">{"user": {"name": "alice"}}</script>
<script>self.__next_f.push([1,"\\"href\\":\\"/notes/2\\""])</script>
<form method="post" action="/notes" enctype="multipart/form-data">
<input type="hidden" name="csrfmiddlewaretoken" value="t0ken"><input type=hidden name=note value=7>
<input type="hidden" name="_method" value="put"><input name="title" required maxlength="9">
<input type="number" name="size" min="1" max="5"><input type="checkbox" name="done" value="1">
<input type="date" name="day"><input type="datetime-local" name="when"><input name="off" disabled>
<select name="mood"><option value="">-</option><option value="good">g</option></select>
<select name="folder"><option value="3">three</option></select>
<textarea name="text">my text</textarea><input type="file" name="photo">
<button name="do" value="keep">Keep</button><button name="do" value="drop">Drop</button></form>
<p>an end that never comes"""


def test_a_page_is_its_text_its_values_and_what_its_scripts_hold() -> None:
    value = page_of(PAGE).as_value()
    assert value["title"] == "The title"
    assert value["text"][:3] == ["Note", "one", "two"]
    assert value["text"][-1] == "an end that never comes"
    assert value["data"][0] == {"user": {"name": "alice"}}
    for each in ("of alice", "seen by alice", "a note", "a picture", "my text", "/p/1.png"):
        assert each in value["values"], each


def test_tokens_and_looks_are_no_part_of_a_page() -> None:
    said = str(page_of(PAGE).as_value())
    assert "t0ken" not in said
    assert "x-alice" not in said
    assert "color" not in said


def test_links_are_those_of_anchors_and_of_react_payloads() -> None:
    assert page_of(PAGE).links == ["/notes/1?tab=a#top", "/notes/2"]


def test_a_form_says_what_its_fields_take() -> None:
    (form,) = page_of(PAGE).forms
    assert (form.method, form.action, form.encoding) == ("POST", "/notes", "multipart/form-data")
    assert csrf_field(form) == "csrfmiddlewaretoken"
    schema = body_schema(form)
    assert schema["properties"] == {
        "note": {"type": "integer"},
        "_method": {"type": "string", "enum": ["put"]},
        "title": {"type": "string", "maxLength": 9},
        "size": {"type": "integer", "minimum": 1, "maximum": 5},
        "done": {"type": "string", "enum": ["1"]},
        "day": {"type": "string", "format": "date"},
        "when": {"type": "string", "pattern": schema["properties"]["when"]["pattern"]},
        "mood": {"type": "string", "enum": ["good"]},
        # Rows of somebody's: another user's are tried there.
        "folder": {"type": "integer"},
        "text": {"type": "string"},
        "photo": {"type": "string", "format": "binary"},
        "do": {"type": "string", "enum": ["keep", "drop"]},
    }
    assert {"title", "note", "_method", "do"} <= set(schema["required"])
    assert "done" not in schema["required"]


def test_a_form_with_a_password_is_told_apart() -> None:
    (form,) = page_of("<form><input name=old type=password></form>").forms
    assert asks_for_secrets(form)
    assert not asks_for_secrets(page_of(PAGE).forms[0])


def test_choices_of_rows_and_hidden_ids_can_be_given_to_other_calls() -> None:
    forms = page_of(
        "<form><select name=folder_id><option value=3><option value=4></select><input type=hidden "
        "name=csrf_token value=90a1b2c3d4><input type=hidden name=next value='/x'>"
        "<select name=mood><option value=good></select>"
        "<input type=hidden name=note_id value=7></form>"
    ).forms
    assert ids_of_choices(forms) == {"folder_id": ["3", "4"], "note_id": ["7"]}
