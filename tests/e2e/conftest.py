"""Fixtures of the browser flows: the system with its frontend, a browser, and people.

The browser is closed at the end of each module: while it runs, its event loop does, and no
asynchronous test could.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crosstalk.environment import (
    Attachment,
    ProcessOptions,
    RunningSystem,
    chosen_environment,
)
from crosstalk.environment.runtime.process import ServiceProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.e2e.person import Person

# Longer than a busy machine needs: only what never comes fails, and nothing that works waits.
_TIMEOUT_MS = 300_000
# Slow enough to look at an answer, and to stop it, while it is being written.
_PIECE_MS = 40


class MissingBrowser(pytest.Module):
    """A module of flows where the packages that drive a browser are not installed."""

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        """Skip the module, and say what it needs."""
        pytest.skip(
            "the flows of a person need Playwright: pip install -e '.[dev,e2e]'",
            allow_module_level=True,
        )


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module | None:
    """Collect no flow that could not be imported."""
    needed = ("playwright", "axe_playwright_python")
    if all(importlib.util.find_spec(name) for name in needed):
        return None
    return MissingBrowser.from_parent(parent, path=module_path)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where logs and pictures go: the folder of the run, if there is one."""
    named = os.environ.get("E2E_RUN_FOLDER")
    return Path(named) if named else tmp_path_factory.mktemp("e2e")


@pytest.fixture(scope="session")
def running(run_folder: Path, pytestconfig: pytest.Config) -> Iterator[RunningSystem]:
    """The reference system with its frontend, started once, or one that runs already."""
    options = ProcessOptions(
        run_folder=run_folder,
        frontend=True,
        # As people see it.
        adversarial_model=False,
        model_piece_ms=_PIECE_MS,
    )
    file = pytestconfig.getoption("--attach")
    disposable = pytestconfig.getoption("--disposable-data")
    attachment = Attachment(file, disposable) if file else None
    kind = pytestconfig.getoption("--environment")
    with chosen_environment(kind, options, attachment) as system:
        yield system


@pytest.fixture
def prompt_injected(running: RunningSystem) -> Iterator[None]:
    """Has the offline model obey every directive meanwhile; one that was not started here does."""
    service = running.services.get("model")
    if not isinstance(service, ServiceProcess):
        yield
        return
    before = service.command
    service.command = [*before, "--adversarial"]
    running.restart("model")
    yield
    service.command = before
    running.restart("model")


@pytest.fixture
def set_frontend(running: RunningSystem) -> Iterator[Callable[..., None]]:
    """Starts the frontend again with other settings; at the end as it was."""
    if "frontend" not in running.services:
        pytest.skip("a frontend that was not started here is not started again either")
    service = running.services["frontend"]
    before = service.environment

    def change(**settings: str) -> None:
        service.environment = {**before, **settings}
        running.restart("frontend")

    yield change
    service.environment = before
    running.restart("frontend")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium without a window."""
    from playwright.sync_api import expect, sync_playwright

    from tests.e2e.browser import ARGUMENTS, find_chromium

    with sync_playwright() as playwright:
        program = find_chromium(playwright.chromium)
        if program is None:
            pytest.skip("there is no Chromium: apt-get install chromium, or set CHROMIUM")
        # What is expected may take as long as a click.
        expect.set_options(timeout=_TIMEOUT_MS)
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def visit(running: RunningSystem, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """Makes a person at a browser of their own (cookies, cache and history), not signed in.

    When the test ends, no page may have met an error of its own or of its security policy.
    """
    from tests.e2e.person import Person

    people: list[Person] = []
    with ExitStack() as opened:

        def arrive(width: int = 1440, height: int = 900) -> Person:
            context = chromium.new_context(
                base_url=running.frontend_url, viewport={"width": width, "height": height}
            )
            opened.callback(context.close)
            context.set_default_timeout(_TIMEOUT_MS)
            person = Person(context.new_page(), f"person-{secrets.token_hex(6)}")
            people.append(person)
            return person

        yield arrive
        assert [each for person in people for each in person.troubles] == []


@pytest.fixture
def picture(run_folder: Path) -> Callable[[Person, str], None]:
    """Takes a picture of what a person sees, into the folder of the run."""
    folder = run_folder / "pictures"
    folder.mkdir(parents=True, exist_ok=True)

    def take(person: Person, name: str) -> None:
        width = (person.page.viewport_size or {"width": 0})["width"]
        person.page.screenshot(path=folder / f"{name}-{width}.png", animations="disabled")

    return take
