"""The figures of a study of many firm-events that are not those of a study of one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.batch.securities import read_securities
from analysis.errors import StudyError
from analysis.prices.load import SNAPSHOT, STORE
from analysis.prices.snapshot import load_snapshot
from analysis.sample.data import SampleData
from analysis.sample.delistings import read_delistings, with_delistings
from analysis.sample.own import OwnFiles, factors_on, own_panel_data, own_sample_data

if TYPE_CHECKING:
    from analysis.sample.events import FirmEvents


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """
    A user's own figures, still to be read.

    Attributes
    ----------
    data : str
        Path of the figures.
    benchmark, calendar : str
        Of firms that nothing else is said of.
    files : OwnFiles
        What stands beside them.
    panel : bool
        Whether they are one long table of prices of any size.
    log : bool
        Whether logarithms are wanted.
    """

    data: str
    benchmark: str
    calendar: str
    files: OwnFiles = field(default_factory=OwnFiles)
    panel: bool = False
    log: bool = False

    @property
    def wanted(self) -> bool:
        """Whether they take more than a plain file of levels."""
        return self.panel or self.files.any

    def read(self, events: FirmEvents) -> SampleData:
        """
        Read them.

        Parameters
        ----------
        events : FirmEvents
            Whose benchmarks are needed, and in which problems are noted.

        Raises
        ------
        StudyError, DataError
            If files are given that do not go together, or cannot be read.
        """
        if self.data in {SNAPSHOT, STORE}:
            raise StudyError(
                "securities, factors, delistings and returns go with a file of figures; "
                "name it with --data PATH"
            )
        data = self._of_panel(events) if self.panel else self._of_file(events)
        if self.files.delistings is not None:
            data = with_delistings(data, read_delistings(self.files.delistings), events.problems)
        return data.in_logarithms() if self.log else data

    def _of_file(self, events: FirmEvents) -> SampleData:
        return own_sample_data(
            Path(self.data),
            self.files,
            calendar=self.calendar,
            benchmarks=[self.benchmark, *events.benchmark.words],
            problems=events.problems,
            factors=load_snapshot().factors,
        )

    def _of_panel(self, events: FirmEvents) -> SampleData:
        if self.files.returns:
            raise StudyError("a long table of prices (--panel) holds closes; leave --values out")
        local = {} if self.files.securities is None else read_securities(self.files.securities)
        problems = events.problems
        if {one.calendar for one in local.values()} - {"", self.calendar}:
            return own_panel_data(
                Path(self.data),
                self.files,
                calendar=self.calendar,
                benchmarks=[self.benchmark, *events.benchmark.words],
                problems=problems,
            )
        data = SampleData.of_panel(
            Path(self.data), benchmark=self.benchmark, calendar=self.calendar, problems=problems
        )
        data = replace(
            data, local={name: one.benchmark for name, one in local.items() if one.benchmark}
        )
        if self.files.factors is None:
            return data
        return replace(data, factors=factors_on(self.files.factors, data.sessions, problems))
