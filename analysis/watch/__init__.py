"""The daily look: which firms moved beyond their ordinary days, and which groups."""

from __future__ import annotations

from analysis.watch.groups import read_groups
from analysis.watch.page import watch_page
from analysis.watch.records import Move, Watch, WatchRequest
from analysis.watch.run import watch
from analysis.watch.text import watch_text

__all__ = ["Move", "Watch", "WatchRequest", "read_groups", "watch", "watch_page", "watch_text"]
