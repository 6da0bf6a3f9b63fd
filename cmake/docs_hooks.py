"""Hooks of `mkdocs build`: pages that live outside docs/, and links to files of the repository."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

REPOSITORY = Path(__file__).resolve().parents[1]
# File of the repository -> page of the site.
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "QUALITY_DECLARATION.md": "quality.md"} | {
    f"superpoint_ros/weights/{name}.md": f"weights/{name}.md"
    for name in ("superpoint", "superpoint_lite", "magicpoint", "d3")
}
MESSAGES = ("Features", "Tracks", "Matches")
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#:]+)(#[^)]*)?\)")


def messages_page() -> str:
    """Write the message definitions as one page."""
    text = "# Messages\n"
    for name in MESSAGES:
        definition = (REPOSITORY / "msg" / f"{name}.msg").read_text(encoding="utf-8")
        text += f"\n## {name}\n\n```text\n{definition}```\n"
    return text


def target(path: str) -> str | None:
    """Name the page or file of the site that shows a file of the repository; None where there is none."""
    if path in PAGES:
        return PAGES[path]
    if path.split("/")[0] == "msg":
        return "messages.md"
    return path.removeprefix("docs/") if path.startswith("docs/") else None


def relink(markdown: str, source: str, page: str) -> str:
    """Point links to files of the repository at the site's pages; where it has none, keep the text alone.

    Args:
        markdown: Text of the page.
        source: Path of the file in the repository, links are relative to its folder.
        page: Path of the page in the site.
    """

    def replace(match: re.Match[str]) -> str:
        image, text, path, anchor = match.groups()
        found = target(posixpath.normpath(posixpath.join(posixpath.dirname(source), path)))
        if found is None:
            return text
        return f"{image}[{text}]({posixpath.relpath(found, posixpath.dirname(page) or '.')}{anchor or ''})"

    return LINK.sub(replace, markdown)


def on_files(files: Files, *, config: Any, **_: Any) -> Files:
    """Add the pages that live outside docs/."""
    for source, page in PAGES.items():
        text = (REPOSITORY / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=relink(text, source, page)))
    files.append(File.generated(config, "messages.md", content=messages_page()))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Mend the links of the pages in docs/."""
    path = page.file.src_uri
    inside = path not in PAGES.values() and path != "messages.md"
    return relink(markdown, f"docs/{path}", path) if inside else markdown
