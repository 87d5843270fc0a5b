"""Links from a page to files of the repository that are no pages themselves."""

from __future__ import annotations

import re
from pathlib import Path

_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#]+)(#[^)]*)?\)")


def with_outside_links_as_paths(text: str, page: Path, docs: Path) -> str:
    """Return a page's text with links that leave the pages written as paths of the repository.

    Args:
        text: Its Markdown.
        page: Its file.
        docs: Folder of all pages.

    Raises:
        FileNotFoundError: Such a file does not exist.
    """

    def written(link: re.Match[str]) -> str:
        label, target, _ = link.groups()
        if "://" in target or target.startswith("mailto:"):
            return link[0]
        place = (page.parent / target).resolve()
        if place.is_relative_to(docs):
            return link[0]
        root = docs.parent
        if not place.is_relative_to(root) or not place.exists():
            raise FileNotFoundError(f"{page.relative_to(root)} links to {target}: no such file")
        path = f"`{place.relative_to(root)}`"
        return path if label.strip("`") in (target, path.strip("`")) else f"{label} ({path})"

    return _LINK.sub(written, text)
