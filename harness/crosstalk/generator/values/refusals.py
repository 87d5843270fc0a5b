"""Values that a system's refusals ask for: enumerations, formats, bounds, in their own words.

A refusal often says what would have been accepted: "must be one of low, high", "does not match
format '%Y-%m-%d'". Where it says nothing, an argument's name does: a `color` is written `#336699`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from crosstalk.core.history import Answer
from crosstalk.core.identifiers import last_name, strings_in
from crosstalk.core.object_kinds import stem_of
from crosstalk.surface.operation import Parameter
from crosstalk.surface.patterns import matching

_MOMENT = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
_MOST = 8
_LONGEST = 2_000

_ASKING = (
    r"one of|any of|among|either|permitted|allowed|valid|accepted|must be|should be|expected|"
    r"choose from|options|choices|supported|only|values?|types?|are|is|to be"
)
_LISTED = re.compile(
    rf"\b(?:{_ASKING})(?:[\s:]+(?:{_ASKING})\b)*\s*:?\s*(?P<rest>[^\n;]+)", re.IGNORECASE
)
# What a thing is, and no value to give: "a flag of this key is there, or archived".
_STATE = re.compile(
    r"\b(?:is|are)\s+(?:there|already|taken|used|in use|gone|lost|archived|closed|locked"
    r"|removed|deleted|expired|missing|unknown)\b",
    re.IGNORECASE,
)
_THERE = re.compile(
    r"\b(?:there (?:are|is)|known(?: \w+)?(?: are)?|available(?: \w+)?(?: are)?|choose(?: from)?"
    r"|one of|any of|try|valid(?: \w+)?(?: are)?|options(?: are)?|have)\s*:?\s*(?P<rest>[^\n;]+)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"['\"`‘“]([^'\"`’”\n]{1,40})['\"`’”]")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+#/-]{0,29}")
_PIECES = re.compile(r"\s*(?:,\s*(?:or|and)?\s+|,|\||\bor\b|\band\b)\s*", re.IGNORECASE)
_STRPTIME = re.compile(r"%[aAbBdHIjmMpSUwWxXyYzZf](?:[-/:.T ,]*%[aAbBdHIjmMpSUwWxXyYzZf])+")
_TEMPLATE = re.compile(r"\b(?:YYYY|DD|MM|HH|hh)(?:[-/:.T ]?(?:YYYY|YY|MM|DD|HH|hh|mm|ss|SS))+Z?\b")
# What shows the form by one value: "is written like 2025-03", "write: front = back".
_EXAMPLE = re.compile(
    r"(?:\b(?:written|write|like|such as|for example|for instance|as in|example|format|form)\b"
    r"|\be\.?g\.?)(?:\s+(?:like|as|is))?[,:]?\s+['\"`(]*(?P<one>[^'\"`;()\n]{1,60}?)"
    r"(?=['\"`;()\n]|[.,]?\s*$|[.,]\s|\s+(?:and|or|please|with|without)\b)",
    re.IGNORECASE,
)
# The header of a table that is asked for: "the first line must be: name,email".
_HEADER = re.compile(
    r"\b(?:first (?:line|row)|header|columns?)\b[^:\n]{0,40}[:=]\s*['\"`]?"
    r"(?P<names>[A-Za-z_]\w*(?:[,;\t]\s?[A-Za-z_]\w*){1,12})",
    re.IGNORECASE,
)
# "a sketch is called like m31-core.txt"
_CALLED = re.compile(r"\b(?:is|are|be) (?:called|named)\b", re.IGNORECASE)
_FILE = re.compile(r"[\w-]+(\.[a-z]{2,4})")
_FORMED = re.compile(r"[\d=@/_:#+|\t-]")
_BEGINS = re.compile(r"(?:start|begin)(?:s|ning)? with\s+['\"`]?([^\s'\"`,]{1,20})", re.IGNORECASE)
_PATTERN = re.compile(r"(?:match|pattern|regex|form)[^'\"`/^]{0,20}['\"`/]?(\^[^\n'\"`]+?\$)")
_LEAST = re.compile(
    r"(?:at least|greater than or equal to|minimum(?: of| is)?|>=|more than|greater than)\s*(-?\d+)"
)
_GREATEST = re.compile(
    r"(?:at most|less than or equal to|maximum(?: of| is)?|<=|no more than|less than)\s*(-?\d+)"
)
_A_NUMBER = re.compile(r"\b(?:is|be|as|an?|integer|whole) (?:a |an )?(?:number|integer)\b", re.I)
# "2 to 12 letters, digits and dashes": a short word that no other call has sent.
_SIZED = re.compile(
    r"\d+\s*(?:to|-|–|and)\s*(\d+)\s+(?:\w+ ){0,2}(?:letters|characters|chars|signs|symbols)", re.I
)
_LEAST_END = 6
# A shorter value stands in a sentence by chance.
_LEAST_REPEATED = 6
# Characters of a word with a marker in it, at least, and room that is enough for one.
_LENGTH_OF_MARKED = 16
_ROOM = 32
_BETWEEN = re.compile(r"between\s+(-?\d+)\s+and\s+(-?\d+)")
# Words of a refusal, or of an argument's name, to values that are usually meant.
_USUAL: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (r"\bdate or date-?time|exact date", ("2030-01-01", "2030-01-01T12:00:00Z")),
    (
        r"iso[ -]?8601|isoformat|rfc[ -]?3339|date-?time|timestamp",
        ("2030-01-01T12:00:00Z", "2030-01-01"),
    ),
    (r"\bdate|_date|_on$|^due|deadline|birthday|^day$", ("2030-01-01", "2030-01-01T12:00:00Z")),
    (r"_at$|^when$|^(?:start|end|from|to|until|since|expires)$", ("2030-01-01T12:00:00Z",)),
    (r"time ?zone|^tz$", ("UTC", "Europe/Berlin")),
    (r"\btime\b|_time$", ("12:00", "12:00:00", "2030-01-01T12:00:00Z")),
    (r"e-?mail", ("{marker}@example.com",)),
    (r"\burl|\buri\b|link|website|webhook|callback", ("https://example.com/note",)),
    (r"uuid|guid", ("1f0e5c1a-7c39-4f52-9f3b-2f6f1d4f8a10",)),
    (r"colou?r", ("#336699", "red", "blue")),
    (r"phone|mobile", ("+15550100100",)),
    (r"currency|iso 4217", ("EUR", "USD")),
    (r"country|\bnation", ("DE", "US")),
    (r"language|locale|^lang$", ("en", "en-US")),
    (r"cron|schedule", ("0 9 * * *",)),
    (r"rrule|recurren|repeat|frequency", ("FREQ=DAILY", "daily", "weekly")),
    (r"priority|severity|importance|urgency", ("low", "high", "medium", "normal", "1")),
    (r"status|state", ("open", "active", "done", "pending", "todo")),
    (r"visibility|privacy|access", ("private", "public")),
    (r"postal|zip", ("10115",)),
    (r"\biban\b", ("DE89370400440532013000",)),
    (r"latitude|^lat$", (52.5,)),
    (r"longitude|^lo?ng$", (13.4,)),
    (r"sort|order", ("asc", "desc")),
    (r"rating|score|stars", (3, 5)),
    (r"quantity|amount|price|count|number|age|year|cents|hours|minutes|weight", (1, 20, 2030)),
    (r"\bjson\b", ("{}", "[]")),
)


def lessons(
    answer: Answer, parameters: Iterable[Parameter], suspected: Iterable[str] = ()
) -> dict[str, list[Any]]:
    """Return what a refusal says would be accepted: parameter to values, the likeliest first.

    Args:
        answer: The refusal.
        parameters: Of the operation.
        suspected: Those of them that may be the reason, where the refusal names none.
    """
    known = {last_name(each.name).lower(): each for each in parameters}
    found: dict[str, list[Any]] = {}
    for name, said in _complaints(answer, known):
        values = _distinct(asked_for(said, known[name])) if name else []
        if name and values:
            found.setdefault(known[name].name, values)
    if found:
        return found
    alone = list(suspected)
    for text in _texts(answer):
        named = [each for name, each in known.items() if _mentions(text, name)]
        for each in named or [one for one in known.values() if [one.name] == alone]:
            values = _distinct(asked_for(text, each))
            if values:
                found.setdefault(each.name, values)
    return found


def named_in(answer: Answer, names: Iterable[str]) -> list[str]:
    """Return those arguments that a refusal speaks of: `'cvc' is a dependency of 'card'`."""
    texts = _texts(answer)
    return [
        each for each in names if any(_mentions(text, last_name(each).lower()) for text in texts)
    ]


def repeated_in(answer: Answer, given: Mapping[str, Any]) -> list[str]:
    """Return the one argument whose value a refusal repeats: "note x1 is not a time like 09:00".

    Args:
        answer: The refusal.
        given: Arguments with what was sent.
    """
    texts = _texts(answer)
    found = [
        name
        for name, value in given.items()
        if isinstance(value, str)
        and len(value) >= _LEAST_REPEATED
        and any(value in text for text in texts)
    ]
    return found if len(found) == 1 else []


def usual_values(name: str) -> list[Any]:
    """Return the values that an argument of this name usually takes; none where it says nothing."""
    short = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", last_name(name)).lower()
    return next(([*values] for words, values in _USUAL if re.search(words, short)), [])


def asked_for(said: str, parameter: Parameter) -> Iterator[Any]:
    """Return the values that a sentence asks for, in the type that the schema wants."""
    kind = parameter.schema.get("type", "string")
    number = kind in ("integer", "number")
    if kind == "array":
        yield from ([each] for each in _examples(said))
        return
    examples = [] if number else list(_examples(said))
    yield from (each for each in _tables(said) if not number)
    yield from examples
    yield from _formats(said)
    yield from _bounds(said, number=number)
    for value in _listed(said):
        if not number:
            yield value
        elif re.fullmatch(r"-?\d+", value):
            yield int(value)
    if "type" not in parameter.schema and _A_NUMBER.search(said):
        yield from (1, 20)
    # One that is shown says more than a word in the sentence: "not a time like 2026-03-01T09:00".
    for words, values in () if examples else _USUAL:
        if re.search(words, said, re.IGNORECASE):
            yield from (each for each in values if number is isinstance(each, int | float))
            break


def _complaints(answer: Answer, known: Mapping[str, Parameter]) -> Iterator[tuple[str, str]]:
    """Return the entries of a list of errors, each with the parameter that it is about."""
    pending: list[Any] = [answer.body]
    while pending:
        here = pending.pop()
        if isinstance(here, list):
            pending += here
        elif isinstance(here, Mapping):
            about = [here.get(each) for each in ("loc", "path", "field", "param", "property")]
            named = [str(part).lower() for each in about for part in _parts(each)]
            name = next((each for each in reversed(named) if each in known), "")
            said = " ".join(
                text for key, each in here.items() if key != "input" for text in strings_in(each)
            )
            if name:
                yield name, said[:_LONGEST]
            # `{"errors": {"priority": ["is not one of low, high"]}}`
            for key, each in here.items():
                if str(key).lower() in known and isinstance(each, str | list):
                    yield str(key).lower(), " ".join(strings_in(each))[:_LONGEST]
                pending.append(each)


def _parts(place: Any) -> list[Any]:
    if isinstance(place, list):
        return place
    return re.split(r"[./\[\]]", place) if isinstance(place, str) else []


def _texts(answer: Answer) -> list[str]:
    body = answer.body if answer.body is not None else ""
    said = [answer.message or "", answer.code or "", *strings_in(body)]
    return [each[:_LONGEST] for each in dict.fromkeys(said) if each]


def _mentions(text: str, name: str) -> bool:
    if name == "name" and _CALLED.search(text):
        return True
    words = re.escape(name).replace("_", "[_ -]?")
    return re.search(rf"(?<![a-z]){words}(?![a-z])", text.lower()) is not None


def listed_values(answer: Answer, parameters: Iterable[Parameter]) -> dict[str, list[Any]]:
    """Return the values that a denial lists for the arguments that it speaks of, by argument.

    One that it names by another word (`unknown show` for `show_id`) counts as well.
    """
    found: dict[str, list[Any]] = {}
    for text in _texts(answer):
        for each in parameters:
            short = last_name(each.name).lower()
            named = _mentions(text, short) or _mentions(text, stem_of(short) or short)
            values = _distinct(_several(text)) if named else []
            if len(values) > 1:
                found.setdefault(each.name, values)
    return found


def described_values(schema: Any) -> list[Any]:
    """Return the values that an argument's schema shows: by examples, then in its description
    ("front = back, one a line").
    """
    if not isinstance(schema, Mapping):
        return []
    shown = schema.get("examples")
    shown = shown if isinstance(shown, list) else []
    examples = [
        one
        for each in shown[:_MOST]
        for one in (_marked(each) if isinstance(each, str) else [each])
    ]
    return [*examples, *_told(schema)]


def _told(schema: Mapping[str, Any]) -> list[Any]:
    said = schema.get("description")
    if not isinstance(said, str):
        return []
    begun = re.match(r"\s*([^,;.()\n]{3,40}?)\s*(?:[,;.(\n]|$)", said)
    shown = [begun.group(1)] if begun and re.search(r"\S [=|:] \S", begun.group(1)) else []
    values = [*(each for one in shown for each in _marked(one)), *_examples(said), *_formats(said)]
    return [[each] for each in values] if schema.get("type") == "array" else values


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Return the first values, each once; lists are compared by what is in them."""
    return list({repr(each): each for each in values}.values())[:_MOST]


def _examples(said: str) -> Iterator[str]:
    """Yield the values that a sentence gives as examples, with a marker in place of a word."""
    for match in _EXAMPLE.finditer(said):
        one = match.group("one").strip()
        if _FORMED.search(one) and not (_TEMPLATE.search(one) or _STRPTIME.search(one)):
            yield from _marked(one)


def _tables(said: str) -> Iterator[str]:
    """Yield a table of one row, with the header that a sentence asks for and without it."""
    for match in _HEADER.finditer(said):
        names = re.split(r"[,;\t]\s?", match.group("names"))
        separator = next(each for each in match.group("names") if each in ",;\t")
        cells = [str(next(iter(usual_values(each)), "note {marker}")) for each in names]
        cells = ["{marker}@example.com" if "@" in each else each for each in cells]
        row = separator.join(cells) + "\n"
        yield from (separator.join(names) + "\n" + row, row)


def _marked(example: str) -> Iterator[str]:
    """Yield an example as it stands, after one with a marker in the first of its two parts, or
    before the ending of a file's name.
    """
    file = _FILE.fullmatch(example)
    if file is not None:
        yield f"{{marker}}{file.group(1)}"
    parts = re.match(r"([A-Za-z]+)(\s*[=|:]\s*\S.*)$", example)
    if parts is not None:
        yield "{marker}" + parts.group(2)
    yield example


def _several(said: str) -> Iterator[str]:
    """Yield what a sentence lists after saying that there is such: `there are a, b, c`."""
    for match in _THERE.finditer(said):
        rest = match.group("rest")
        quoted = _QUOTED.findall(rest)
        pieces = quoted or [each.strip(" .'\"") for each in _PIECES.split(rest.rstrip(". "))]
        if len(pieces) > 1 and all(quoted or _WORD.fullmatch(each) for each in pieces):
            yield from pieces


def _formats(said: str) -> Iterator[str]:
    for match in _STRPTIME.finditer(said):
        yield _MOMENT.strftime(match.group(0))
    for match in _TEMPLATE.finditer(said):
        yield _from_template(match.group(0))
    for match in _BEGINS.finditer(said):
        yield _beginning(match.group(1))
    for match in _PATTERN.finditer(said):
        yield from matching(match.group(1), 1, 12)[-3:]


def _from_template(template: str) -> str:
    """Return the moment as `YYYY-MM-DD HH:MM` writes it; MM behind an hour is minutes."""
    day, separator, clock = template.partition("HH" if "HH" in template else "hh")
    day = day.replace("YYYY", "2030").replace("YY", "30").replace("MM", "01").replace("DD", "01")
    clock = re.sub(r"MM|mm|SS|ss", "00", clock)
    return day + ("12" + clock if separator else "")


def _beginning(prefix: str) -> str:
    known = {"#": "#336699", "+": "+15550100100", "/": "/note", "FREQ=": "FREQ=DAILY"}
    if prefix.lower().startswith("http"):
        return "https://example.com/note"
    return known.get(prefix, f"{prefix}note1")


def _bounds(said: str, *, number: bool) -> Iterator[Any]:
    between = _BETWEEN.search(said.lower())
    least, greatest = _LEAST.search(said.lower()), _GREATEST.search(said.lower())
    low = between.group(1) if between else least.group(1) if least else None
    high = between.group(2) if between else greatest.group(1) if greatest else None
    if number:
        if low is not None:
            yield from (int(low), int(low) + 1)
        if high is not None:
            yield from (int(high), int(high) - 1)
    elif (sized := _SIZED.search(said)) and int(sized.group(1)) >= _LEAST_END:
        yield f"{{end:{sized.group(1)}}}"
    elif re.search(r"character|length|long|short", said.lower()):
        if low is not None and int(low) <= 1_000:
            yield "note {marker}" + "x" * max(0, int(low) - _LENGTH_OF_MARKED)
        elif high is not None and int(high) >= _ROOM:
            yield "note {marker}"
        elif high is not None and int(high) > 0:
            yield f"{{end:{high}}}" if int(high) >= _LEAST_END else "note"[: int(high)]


def _listed(said: str) -> Iterator[str]:
    for match in _LISTED.finditer(said):
        rest = match.group("rest")
        quoted = _QUOTED.findall(rest)
        if quoted:
            yield from quoted
            continue
        if _STATE.match(match.group(0)):
            continue
        sentence = re.split(r"\.(?:\s|$)|[\])}]", rest.strip(" :[({"))[0]
        pieces = [each.strip(" .'\"") for each in _PIECES.split(sentence)]
        if len(pieces) > 1 and all(_WORD.fullmatch(each) for each in pieces):
            yield from pieces
