"""JSON schemas of what the fields of a form take."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from crosstalk.surface.pages.html import Field, Form
from crosstalk.surface.recordings import SECRET_NAME
from crosstalk.surface.rest.recorded import is_id

_CSRF = re.compile(r"csrf|xsrf|authenticity_token|^_token$|requestverificationtoken", re.IGNORECASE)
# A browser sends them with nothing in them, too.
_ALWAYS_SENT = frozenset(
    {"hidden", "choice", "select", "textarea", "text", "search", "email", "password", "tel", "url"}
)
_FORMATS = {"email": "email", "url": "uri", "date": "date"}
# Their formats have no name in JSON Schema (HTML Living Standard, "Dates and times").
_DAY = r"20[2-3]\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_PATTERNS = {
    "datetime-local": rf"^{_DAY}T{_TIME}$",
    "time": rf"^{_TIME}$",
    "month": r"^20[2-3]\d-(0[1-9]|1[0-2])$",
    "week": r"^20[2-3]\d-W(0[1-9]|[1-4]\d)$",
    "color": r"^#[0-9a-f]{6}$",
}
_WHOLE = re.compile(r"\d{1,18}")


def csrf_field(form: Form) -> str:
    """Return the name of the field that repeats a CSRF token; empty where there is none."""
    return next((name for name in form.fields if _CSRF.search(name)), "")


def asks_for_secrets(form: Form) -> bool:
    """Return whether a form takes a password: it logs in, signs up, or changes who may."""
    return any(
        each.kind == "password" or (SECRET_NAME.search(name) and not _CSRF.search(name))
        for name, each in form.fields.items()
    )


def body_schema(form: Form) -> dict[str, Any]:
    """Return the schema of what a form sends, without the field of a CSRF token."""
    token = csrf_field(form)
    fields = {name: each for name, each in form.fields.items() if name != token}
    return {
        "type": "object",
        "properties": {name: field_schema(each) for name, each in fields.items()},
        "required": [name for name, each in fields.items() if _is_sent(each)],
        "additionalProperties": True,
    }


def ids_of_choices(forms: Iterable[Form]) -> dict[str, list[str]]:
    """Return name to values of fields that hold rows: numbers to choose from, and hidden ones."""
    found: dict[str, dict[str, None]] = {}
    for form in forms:
        for name, each in form.fields.items():
            hidden = [each.value] if each.kind == "hidden" and name != csrf_field(form) else []
            for value in hidden or (each.options if each.kind in ("select", "radio") else []):
                if _WHOLE.fullmatch(value) or (hidden and is_id(value)):
                    found.setdefault(name, {})[value] = None
    return {name: list(values) for name, values in found.items()}


def field_schema(field: Field) -> dict[str, Any]:
    """Return the schema of a field's value."""
    kind, limits = field.kind, field.limits
    if field.options and kind in ("select", "radio", "choice", "checkbox"):
        if kind in ("select", "radio") and all(map(_WHOLE.fullmatch, field.options)):
            # They are rows of the caller's: another's are tried there, too.
            return {"type": "integer"}
        return {"type": "string", "enum": list(dict.fromkeys(field.options))}
    if kind in ("number", "range"):
        bounds = {"minimum": "min", "maximum": "max"}
        whole = "." not in limits.get("step", "") and limits.get("step") != "any"
        found: dict[str, Any] = {"type": "integer" if whole else "number"}
        for key, name in bounds.items():
            if re.fullmatch(r"-?\d+(\.\d+)?", limits.get(name, "")):
                found[key] = float(limits[name]) if "." in limits[name] else int(limits[name])
        return found
    if kind == "hidden" and field.value:
        if _WHOLE.fullmatch(field.value):
            return {"type": "integer"}
        # What is no id says how the form is meant: `_method`, `next`.
        return (
            {"type": "string"} if is_id(field.value) else {"type": "string", "enum": [field.value]}
        )
    if kind == "file":
        return {"type": "string", "format": "binary"}
    if kind in _PATTERNS:
        return {"type": "string", "pattern": _PATTERNS[kind]}
    text: dict[str, Any] = {"type": "string"}
    if kind in _FORMATS:
        text["format"] = _FORMATS[kind]
    for key, name in {"maxLength": "maxlength", "minLength": "minlength"}.items():
        if limits.get(name, "").isdigit():
            text[key] = int(limits[name])
    if limits.get("pattern"):
        text["pattern"] = f"^(?:{limits['pattern']})$"
    return text


def _is_sent(field: Field) -> bool:
    """Return whether a browser sends the field as the page shows it, or must."""
    return field.required or field.kind in _ALWAYS_SENT
