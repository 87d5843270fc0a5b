"""Check names, headings and docstrings against the project's words: `python tools/check_words.py`.

Each entry of `WORDS` is a word that the field has a better one for, and the folders where that
holds: `compare` is wrong for a rule of the generator and right elsewhere. Checked are names of
modules, classes and functions, help texts of the command line, and headings of documents. Keys of
target files, of `summary.json` and of specifications are data, and data is not looked at. It also
checks that no function is longer than 120 lines, that no package has more than 16 modules without
sub-packages, that neither a docstring nor a test's name begins with a bare who, what, where or how,
and that no docstring says somebody, nobody, anybody or everybody where it means users or clients.

Prints a line for each and exits with status 1 when there is one.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("harness/crosstalk", "system", "loadtests", "benchmarks")
CODE = (*PACKAGES, "tests")
HELP = ("harness/crosstalk/cli/",)
# Installed packages, builds, and servers written as others write them.
UNCHECKED = ("/node_modules/", "/.next/", "tests/strangers/corpus/")
LONGEST_FUNCTION = 120
LARGEST_PACKAGE = 16

EVERYWHERE = ("",)
_GENERATOR = ("harness/crosstalk/generator", "tests/unit/crosstalk/generator")
_WIRE = ("system/wire", "tests/unit/system/wire", "tests/integration/system/wire")
_DOCTOR = ("harness/crosstalk/doctor", "tests/unit/crosstalk/doctor")
_LOAD = ("loadtests", "tests/unit/loadtests", "tests/integration/loadtests")
_BENCH = ("benchmarks", "tests/unit/benchmarks", "tests/integration/benchmarks")
_DEADLOCK = ("harness/crosstalk/deadlock", "tests/unit/crosstalk/deadlock")
_SURFACE = ("harness/crosstalk/surface", "tests/unit/crosstalk/surface")


@dataclass(frozen=True, slots=True)
class Word:
    """A word to avoid.

    Attributes:
        instead: The field's word.
        where: Folders, from the root, in which it is wrong.
        modules_only: It is wrong as a module's name alone.
    """

    instead: str
    where: tuple[str, ...] = EVERYWHERE
    modules_only: bool = False


WORDS: dict[str, Word] = {
    # Running examples.
    "play": Word("example run"),
    "stage": Word("generator state"),
    "scene": Word("fixture"),
    "performer": Word("executor"),
    "perform": Word("execute"),
    "performing": Word("runner", _BENCH),
    "rounds": Word("scheduler", ("harness/crosstalk/campaign",)),
    "turn": Word("budget", ("harness/crosstalk/campaign", "harness/crosstalk/phases")),
    "due": Word("budget", ("harness/crosstalk/campaign", "harness/crosstalk/phases")),
    # Rules of the generator.
    "knock": Word("unauthenticated_call"),
    "compare": Word("existence_pair", _GENERATOR),
    "intrude": Word("cross_user_access"),
    "impersonate": Word("identity_spoof"),
    "pretend": Word("wildcard_identity"),
    "imitate": Word("cached_read"),
    "collide": Word("idempotency_collision"),
    "leaf": Word("foreign_cursor", _GENERATOR),
    "follow": Word("stale_read", _GENERATOR),
    "echo": Word("same_prompt", _GENERATOR),
    "live": Word("honest_use", _GENERATOR),
    "act": Word("any_call", _GENERATOR),
    "settle": Word("setup", _GENERATOR),
    "aim": Word("pick_target", _GENERATOR),
    "assail": Word("attack"),
    "hurting": Word("mutating_operations_on"),
    "prey": Word("victim"),
    # Operations by what can be done with them.
    "kinds": Word("capabilities", _SURFACE),
    "intrusive": Word("mutates_by_id"),
    "broad": Word("bulk_mutations", (*_SURFACE, *_GENERATOR)),
    # Concurrency.
    "storm": Word("parallel run"),
    "manners": Word("client behaviour"),
    "crowd": Word("concurrent clients"),
    "hasty": Word("aborting"),
    # What was seen.
    "sighting": Word("observation"),
    "sightings": Word("observations"),
    # The model.
    "minds": Word("model policies"),
    "taken over": Word("prompt-injected"),
    # Diagnosis of a deployment.
    "sheet": Word("report", _DOCTOR),
    "place": Word("endpoint", _DOCTOR),
    "examination": Word("diagnosis"),
    # Layers.
    "siege": Word("attack surface"),
    "besiege": Word("attack"),
    "lay": Word("attack", ("harness/crosstalk/phases/layers",)),
    # Load.
    "looking": Word("observer client", _LOAD),
    "acknowledged": Word("durability", _LOAD, modules_only=True),
    "wrapping": Word("instrumentation"),
    "ours": Word("reference system", _LOAD),
    "proof": Word("verification", _LOAD),
    "judge": Word("verdict", _LOAD),
    "tally": Word("counts"),
    # Benchmarks.
    "keeping": Word("cache", _BENCH),
    "chosen": Word("selection", _BENCH),
    "comparing": Word("scoring", _BENCH),
    "copied form": Word("common_pattern"),
    # The system.
    "room": Word("router or feature", ("system",)),
    "rooms": Word("routers or features", ("system",)),
    "private": Word("cache_headers", _WIRE, modules_only=True),
    "hosts": Word("host_guard", _WIRE, modules_only=True),
    "repeats": Word("retry", _WIRE, modules_only=True),
    "rates": Word("rate_limit", _WIRE, modules_only=True),
    "answers": Word("error_response", _WIRE, modules_only=True),
    "keys": Word("idempotency_key_header", _WIRE, modules_only=True),
    # The deadlock search.
    "circle": Word("cycle", _DEADLOCK),
    "hold and wait": Word("hold-and-wait"),
    # Riddles and personification.
    "somebody": Word("a user, a client, a caller"),
    "nobody": Word("no user, no client, no caller"),
    "anybody": Word("any user, any client"),
    "everybody": Word("every user"),
    "theirs": Word("the other's"),
    "manieth": Word("the number of"),
}

# Names that mean something else: space in a table, and the account that owns nothing.
ALLOWED = {
    "_make_room",
    "test_pods_run_as_nobody_and_gain_nothing",
    "test_an_image_runs_as_nobody",
}

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Said of users and clients, in whole docstrings and not only in names.
_PERSONS = re.compile(r"\b(somebody|nobody|anybody|everybody)\b", re.IGNORECASE)
_BARE = re.compile(r"(Who|Whom|Whose|What|Where|How|Why|When|Which|Whether)\b")
_BARE_TEST = re.compile(r"test_(who|whom|whose|whoever|what|whatever|where|how|why)_")
_HEADING = re.compile(r"^#{1,6} (.+)$")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing to change.

    Attributes:
        kind: What is checked: words, length, size or docstrings.
        path: The file, from the root.
        line: Where in it.
        text: What is wrong.
    """

    kind: str
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.kind}: {self.text}"


def complaints(root: Path = ROOT) -> Iterator[Complaint]:
    """Yield what is to be changed in a checkout."""
    for folder in CODE:
        for path in sorted((root / folder).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if any(part in name for part in UNCHECKED):
                continue
            yield from _of_module(name, path.read_text(encoding="utf-8"))
    for folder in PACKAGES:
        yield from _of_packages(root, root / folder)
    for path in sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")]):
        name = path.relative_to(root).as_posix()
        if name != "CHANGELOG.md":
            yield from _of_document(name, path.read_text(encoding="utf-8"))


def _of_module(name: str, text: str) -> Iterator[Complaint]:
    tree = ast.parse(text)
    yield from _words(name, 1, Path(name).stem, f"module {Path(name).stem}")
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    if name.startswith(PACKAGES):
        yield from _docstring(name, tree, "module")
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, *defined)):
            yield from _persons(name, node)
        if isinstance(node, defined):
            yield from _words(name, node.lineno, node.name, f"name {node.name}")
            if name.startswith(PACKAGES) and not node.name.startswith("_"):
                yield from _docstring(name, node, node.name)
            if name.startswith("tests/") and (found := _BARE_TEST.match(node.name)):
                text = f"{node.name} begins with a bare {found[1]!r}: name its subject"
                yield Complaint("words", name, node.lineno, text)
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if not isinstance(node, ast.ClassDef) and length > LONGEST_FUNCTION:
                text = f"{node.name} has {length} lines, {LONGEST_FUNCTION} at most"
                yield Complaint("length", name, node.lineno, text)
        if name.startswith(HELP) and isinstance(node, ast.Constant):
            yield from _of_text(name, node)


def _of_text(name: str, node: ast.Constant) -> Iterator[Complaint]:
    # A default or a choice is data; a sentence is a text.
    if isinstance(node.value, str) and " " in node.value:
        yield from _words(name, node.lineno, node.value, f"text {node.value!r}")


def _docstring(name: str, node: ast.AST, what: str) -> Iterator[Complaint]:
    assert isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    said = ast.get_docstring(node) or ""
    if found := _BARE.match(said):
        line = getattr(node, "lineno", 1)
        text = f"{what} begins with a bare {found[1].lower()!r}: begin with a noun or a verb"
        yield Complaint("docstring", name, line, text)


def _persons(
    name: str, node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
) -> Iterator[Complaint]:
    said = ast.get_docstring(node, clean=False) or ""
    first = node.body[0].lineno if said else 1
    for number, line in enumerate(said.splitlines()):
        for found in _PERSONS.findall(line):
            word = found.lower()
            text = f"not {word!r} but {WORDS[word].instead!r}"
            yield Complaint("docstring", name, first + number, text)


def _of_packages(root: Path, folder: Path) -> Iterator[Complaint]:
    for init in sorted(folder.rglob("__init__.py")):
        package = init.parent
        modules = [each for each in package.glob("*.py") if not each.stem.startswith("__")]
        nested = any((each / "__init__.py").exists() for each in package.iterdir() if each.is_dir())
        if len(modules) > LARGEST_PACKAGE and not nested:
            name = init.relative_to(root).as_posix()
            text = f"{len(modules)} modules and no sub-package, {LARGEST_PACKAGE} at most"
            yield Complaint("size", name, 1, text)


def _of_document(name: str, text: str) -> Iterator[Complaint]:
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and (heading := _HEADING.match(line)):
            yield from _words(name, number, heading[1], f"heading {heading[1]!r}")


def _words(path: str, line: int, text: str, what: str) -> Iterator[Complaint]:
    parts = [part.lower() for part in _PARTS.findall(text)]
    padded = f" {' '.join(parts)} "
    for word, better in WORDS.items():
        if f" {word} " not in padded or not path.startswith(better.where):
            continue
        if text in ALLOWED or (better.modules_only and not what.startswith("module ")):
            continue
        yield Complaint("words", path, line, f"{what}: not {word!r} but {better.instead!r}")


def main() -> int:
    """Print what is to be changed.

    Returns:
        1 when there is something, else 0.
    """
    found = list(complaints())
    for each in found:
        print(each)
    counts = {
        kind: sum(each.kind == kind for each in found)
        for kind in sorted({each.kind for each in found})
    }
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing to change")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
