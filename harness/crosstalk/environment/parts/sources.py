"""The reference system's sources and packages: where they are, and whether they are complete."""

from __future__ import annotations

import importlib.util
import re
from importlib import metadata
from pathlib import Path

from crosstalk.core.errors import HarnessError

_DISTRIBUTION = "crosstalk-harness"
_EXTRA = "system"
# As in `fastapi>=0.128 ; extra == "system"`; one that depends on the machine as well is left out.
_OF_EXTRA = re.compile(rf"""([\w.-]+)[^;]*; *extra *== *["']{_EXTRA}["']$""")


def locate_system() -> Path:
    """Return the folder that contains the reference system's package, `system`.

    A checkout of the project has it beside `harness`; an installed wheel brings a copy.

    Raises:
        HarnessError: It is in neither place.
    """
    package = package_root("crosstalk") / "crosstalk"
    checkout, bundle = package.parents[1], package / "_bundled"
    if package.parent.name == "harness" and (checkout / "system" / "__init__.py").is_file():
        return checkout
    if (bundle / "system" / "__init__.py").is_file():
        return bundle
    raise HarnessError(
        f"the reference system's sources are neither in {bundle} nor in {checkout}: "
        f"install {_DISTRIBUTION} again"
    )


def package_root(package: str) -> Path:
    """Return the folder that contains an installed package.

    Raises:
        HarnessError: It is not installed.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise HarnessError(f"the package {package!r} is not installed beside the harness")
    return Path(next(iter(found.submodule_search_locations))).resolve().parent


def require_system_packages() -> None:
    """Check that what the reference system needs is installed.

    Raises:
        HarnessError: Packages are missing; the message names the extra that brings them.
    """
    missing = missing_packages()
    if missing:
        raise HarnessError(
            f"the reference system needs packages that are not installed ({', '.join(missing)}): "
            f"pip install '{_DISTRIBUTION}[{_EXTRA}]'"
        )


def missing_packages() -> list[str]:
    """Return the distributions of the extra `system` that are not installed.

    In a checkout that is not installed as a package, nothing says which those are: none.
    """
    try:
        required = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    wanted = [found[1] for each in required if (found := _OF_EXTRA.fullmatch(each))]
    return [name for name in wanted if not _installed(name)]


def _installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
