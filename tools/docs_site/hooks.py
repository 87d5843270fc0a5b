"""Hooks of the site's build (MkDocs calls them by their names)."""

from __future__ import annotations

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "harness")]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from the code and from files beside the folder of pages."""
    from tools.docs_site.command_line import command_line_reference
    from tools.docs_site.summary_schema import summary_reference

    made = {
        "reference/command-line.md": command_line_reference(),
        "reference/summary.md": summary_reference(),
    }
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Write links that leave the pages as paths; one that leads nowhere ends the build."""
    from tools.docs_site.outside_links import with_outside_links_as_paths

    source = page.file.abs_src_path
    if source is None:
        return markdown
    try:
        return with_outside_links_as_paths(markdown, Path(source), Path(config.docs_dir))
    except FileNotFoundError as error:
        raise PluginError(str(error)) from error
