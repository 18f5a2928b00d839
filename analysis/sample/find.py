"""Which names and files are studies of many firm-events; light, so that any command may ask."""

from __future__ import annotations

from pathlib import Path

from analysis._bundle import bundled_data
from analysis.errors import StudyError
from analysis.toml_text import parse_toml

EVENTS_FILE, FIRM_EVENTS = "events_file", "firm_events"
"""Either key makes a study file one of many firm-events."""

LARGEST_FILE = 50_000_000
"""No such file has more bytes; longer lists belong into an events file."""


def bundled_samples() -> dict[str, Path]:
    """List the studies of many firm-events that travel with the program, by name."""
    folder = bundled_data() / "studies"
    return {path.parent.name: path for path in sorted(folder.glob("*/sample.toml"))}


def sample_path(name_or_path: str) -> Path | None:
    """
    Find the file of a study of many firm-events.

    Returns
    -------
    pathlib.Path or None
        None where the name is that of something else, a study of the usual kind among them.
    """
    bundled = bundled_samples()
    if name_or_path in bundled:
        return bundled[name_or_path]
    path = Path(name_or_path)
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_FILE:
            return None
        document = parse_toml(path.read_text(encoding="utf-8"), where=name_or_path)
    except (OSError, ValueError, StudyError):
        return None
    return path if EVENTS_FILE in document or FIRM_EVENTS in document else None
