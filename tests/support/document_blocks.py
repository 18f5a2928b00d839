"""The fenced blocks of a document: commands, Python, and files that the reader writes."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FENCE = re.compile(
    r"(?P<mark><!-- needs the network -->\s*\n)?^```(?P<kind>\w+)"
    r"(?: title=\"(?P<title>[^\"]+)\")?[ \t]*\n(?P<text>.*?)^```[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the file that it is (or ""), its text."""

    kind: str
    title: str
    text: str
    needs_network: bool

    def commands(self) -> list[list[str]]:
        """The words of each line of a shell block; what follows a pipe is another command."""
        whole = self.text.replace("\\\n", " ")
        found = []
        for line in whole.splitlines():
            words = shlex.split(line, comments=True)
            if words:
                found.append(words)
        return found


def blocks(page: Path) -> list[Block]:
    """Read the blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(m["kind"], m["title"] or "", m["text"], m["mark"] is not None)
        for m in _FENCE.finditer(text)
    ]


def pages(root: Path) -> list[Path]:
    """The documents that people wrote, whose blocks run."""
    return [
        root / "README.md",
        *sorted(p for p in (root / "docs").glob("*.md") if p.name in _WRITTEN),
        *sorted((root / "docs" / "how-to").glob("*.md")),
    ]


_WRITTEN = {"index.md", "tutorial.md", "limits.md", "glossary.md", "architecture.md"}
