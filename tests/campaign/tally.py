"""What the parts of the campaign tried and what failed; kept in a file, it adds up over runs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from analysis.atomic import replaced

if TYPE_CHECKING:
    from pathlib import Path

MOST_FAULTS = 20
"""Faults whose words are kept; the rest are counted."""


@dataclass(slots=True)
class Tally:
    """
    What one part tried and what failed, the worst first.

    Attributes
    ----------
    part : str
    tried, failed : int
    kinds : Counter of str
        Trials by kind.
    worst : list of str
    seeds : list of str
        Of the random numbers, one a run or a chunk of runs.
    notes : dict of str to float
        Figures that are maxima over the runs: memory in megabytes, seconds.
    """

    part: str
    tried: int = 0
    failed: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    worst: list[str] = field(default_factory=list)
    seeds: list[str] = field(default_factory=list)
    notes: dict[str, float] = field(default_factory=dict)

    def add(self, kind: str, fault: str = "", n: int = 1) -> None:
        """Count trials of a kind, and their fault if there was one."""
        self.tried += n
        self.kinds[kind] += n
        if fault:
            self.failed += 1
            if len(self.worst) < MOST_FAULTS:
                self.worst.append(f"{kind}: {fault}")

    def note(self, name: str, value: float) -> None:
        """Note a figure of which the largest counts."""
        self.notes[name] = max(value, self.notes.get(name, value))

    def join(self, other: Tally) -> None:
        """Add another run of the same part."""
        self.tried += other.tried
        self.failed += other.failed
        self.kinds += other.kinds
        self.worst = [*self.worst, *other.worst][:MOST_FAULTS]
        self.seeds = [*self.seeds, *other.seeds]
        for name, value in other.notes.items():
            self.note(name, value)


class State:
    """
    A file of tallies that several runs, one after the other or at once, add to.

    Parameters
    ----------
    path : pathlib.Path or None
        Without one, nothing is kept and every tally begins at zero.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def tally(self, part: str) -> Tally:
        """Give what is known of a part."""
        return _from_plain(part, self._read().get(part, {}))

    def add(self, tally: Tally) -> Tally:
        """Add the tally of a run to what is known of its part; give the sum."""
        if self.path is None:
            return tally
        with FileLock(f"{self.path}.lock"):
            known = self._read()
            whole = _from_plain(tally.part, known.get(tally.part, {}))
            whole.join(tally)
            known[tally.part] = {name: getattr(whole, name) for name in Tally.__slots__}
            with replaced(self.path) as fresh:
                fresh.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
        return whole

    def _read(self) -> dict[str, dict[str, Any]]:
        if self.path is None or not self.path.exists():
            return {}
        found: dict[str, dict[str, Any]] = json.loads(self.path.read_text(encoding="utf-8"))
        return found


def _from_plain(part: str, known: dict[str, Any]) -> Tally:
    found = Tally(**({"part": part} | known))
    found.kinds = Counter(found.kinds)
    return found
