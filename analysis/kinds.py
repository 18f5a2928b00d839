"""
Kinds of values in study files: how each is read from TOML, taken from Python, written, described.

`Kind.read` is strict and names the mend; `Kind.understand` also takes what Python and the command
line write: one text for a list of one, names with commas between them, windows and records as
objects.
"""

from __future__ import annotations

import abc
import datetime as dt
import keyword
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from analysis.errors import StudyError, WindowError
from analysis.windows import Window

BUNDLED = "bundled:"
"""Begins the name of a file that travels with the program, as in ``bundled:STUDY/FILE``."""

NO_FILES = ("", "snapshot", "store")
"""What stands for a file's path and is none."""

LARGEST_WHOLE = 10**9
"""No count in a study file is larger."""

MOST_DEFINITIONS = 200
"""Names in one table of definitions."""

SHOWN = 60
"""So many characters of a wrong value are shown."""


def shown(value: object) -> str:
    """
    Show a wrong value in a message: short, on one line, without control characters.

    Examples
    --------
    >>> shown("a" * 100)[-8:], shown(10**5000)
    ('aaaaa...', 'a whole number of more than 18 digits')
    """
    if isinstance(value, int) and abs(value) >= 10**18:
        return "a whole number of more than 18 digits"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list | tuple | dict):
        return f"a {'table' if isinstance(value, dict) else 'list'} of {len(value)}"
    text = repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Where a value stands: the file or record, the table within it, the key, the member."""

    file: str
    key: str = ""
    table: str = ""
    number: int = 0

    def __str__(self) -> str:
        where = self.file if not self.table else f"{self.file}: {self.table}"
        if self.key:
            where += f": '{self.key}'"
        return where if not self.number else f"{where} number {self.number}"

    def at(self, name: str) -> FilePlace:
        """Go to a key of the same table."""
        return FilePlace(self.file, name, self.table)

    def member(self, number: int) -> FilePlace:
        """Go to a member of a list, counted from 1."""
        return FilePlace(self.file, self.key, self.table, number)

    def within(self, table: str) -> FilePlace:
        """Go into a table."""
        return FilePlace(self.file, "", table)


class FaultsError(StudyError):
    """
    Everything that is wrong with one document; as text the first fault.

    Attributes
    ----------
    faults : tuple of (FilePlace, str)
        Where and what; the message names the place already.
    """

    def __init__(self, faults: list[tuple[FilePlace, str]]) -> None:
        super().__init__(faults[0][1])
        self.faults = tuple(faults)


class Kind(abc.ABC):
    """
    A kind of value.

    Attributes
    ----------
    name : str
        As messages call it, after "a".
    """

    name = "value"

    @abc.abstractmethod
    def read(self, value: Any, place: FilePlace) -> Any:  # noqa: ANN401 - kinds differ in what they hold
        """
        Read a value that TOML gave.

        Raises
        ------
        StudyError
            If it is none of this kind; the message names the place.
        """

    def understand(self, value: Any, place: FilePlace) -> Any:  # noqa: ANN401 - as read
        """
        Take a value that Python or the command line gave.

        Raises
        ------
        StudyError
            As `read`.
        """
        return self.read(value, place)

    def write(self, value: Any) -> Any:  # noqa: ANN401 - as read
        """Write a value so that `read` gives it back."""
        return value

    @abc.abstractmethod
    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""

    def refuse(self, value: object, place: FilePlace, hint: str = "") -> StudyError:
        """Say that a value is none of this kind."""
        return StudyError(f"{place} is {shown(value)}; a {self.name} is needed{hint}")


class Text(Kind):
    """Text on one line; a date is taken as its ISO text."""

    name = "text"

    def read(self, value: Any, place: FilePlace) -> str:  # noqa: ANN401 - as Kind.read
        """Refuse what is no text, and control characters."""
        if isinstance(value, dt.date):
            return value.isoformat()
        if not isinstance(value, str):
            raise self.refuse(value, place)
        if any(unicodedata.category(c) in {"Cc", "Cs"} for c in value):
            raise StudyError(f"{place} holds a control character ({shown(value)}); take it out")
        return value

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return {"type": "string"}


class Names(Text):
    """Names as one text, commas between them; a list of texts is joined."""

    name = "text, or a list of texts"

    def read(self, value: Any, place: FilePlace) -> str:  # noqa: ANN401 - as Kind.read
        """Refuse what is neither text nor a list of texts."""
        parts = list(value) if isinstance(value, list | tuple) else [value]
        texts = [super(Names, self).read(part, place) for part in parts]
        names = [name.strip() for text in texts for name in text.split(",")]
        return ", ".join(name for name in names if name)

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        text = super().schema()
        return {"anyOf": [text, {"type": "array", "items": text}]}


class Number(Kind):
    """A number; a whole one is taken as a float."""

    name = "number"

    def read(self, value: Any, place: FilePlace) -> float:  # noqa: ANN401 - as Kind.read
        """Refuse what is no number, or one too large to compute with."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(value, place)
        try:
            return float(value)
        except OverflowError:
            raise self.refuse(value, place, " that fits into 64 bits") from None

    def understand(self, value: Any, place: FilePlace) -> float:  # noqa: ANN401 - as Kind.read
        """Take a plain decimal in text too, as the command line gives it."""
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", value.strip()):
            return float(value)
        return self.read(value, place)

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return {"type": "number"}


class Whole(Kind):
    """A whole number."""

    name = "whole number"

    def read(self, value: Any, place: FilePlace) -> int:  # noqa: ANN401 - as Kind.read
        """Refuse what is no whole number, or one beyond any count here."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.refuse(value, place)
        if abs(value) > LARGEST_WHOLE:
            raise self.refuse(value, place, f" of at most {LARGEST_WHOLE:,}")
        return value

    def understand(self, value: Any, place: FilePlace) -> int:  # noqa: ANN401 - as Kind.read
        """Take text of digits too, as the command line gives it."""
        if isinstance(value, str) and len(value) < 12 and value.strip().lstrip("-").isdecimal():
            return self.read(int(value), place)
        return self.read(value, place)

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return {"type": "integer"}


class Flag(Kind):
    """True or false."""

    name = "true or false"

    def read(self, value: Any, place: FilePlace) -> bool:  # noqa: ANN401 - as Kind.read
        """Refuse anything else."""
        if not isinstance(value, bool):
            raise StudyError(f"{place} is {shown(value)}; true or false is needed")
        return value

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return {"type": "boolean"}


class Day(Kind):
    """A date; its ISO text is understood."""

    name = "date such as 2025-01-27"

    def read(self, value: Any, place: FilePlace) -> dt.date:  # noqa: ANN401 - as Kind.read
        """Refuse what is no date, and an instant."""
        if isinstance(value, str):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                raise self.refuse(value, place, ", without quotes") from None
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            raise self.refuse(value, place)
        return value

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return {"type": "string", "format": "date"}


class Instant(Kind):
    """A date, or an instant with its time zone; ISO text of either is understood."""

    name = "date such as 2025-01-27, or an instant such as 2025-01-27T14:30:00Z,"

    def read(self, value: Any, place: FilePlace) -> dt.date:  # noqa: ANN401 - as Kind.read
        """Refuse what is neither; whether an instant has its time zone the record says."""
        if isinstance(value, str):
            try:
                if len(value) == len("2025-01-27"):
                    return dt.date.fromisoformat(value)
                return dt.datetime.fromisoformat(value)
            except ValueError:
                raise self.refuse(value, place, ", without quotes") from None
        if not isinstance(value, dt.date):
            raise self.refuse(value, place)
        return value

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}


class EventTime(Kind):
    """A window in event time, written START..END."""

    name = 'window such as "-1..1"'

    def read(self, value: Any, place: FilePlace) -> Window:  # noqa: ANN401 - as Kind.read
        """Refuse what is no window."""
        if isinstance(value, Window):
            return value
        if not isinstance(value, str):
            raise self.refuse(value, place)
        try:
            return Window.parse(value)
        except WindowError as error:
            raise StudyError(f"{place}: {error}") from None

    def write(self, value: Window) -> str:
        """Write it as START..END."""
        return str(value)

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return {"type": "string", "pattern": r"^\s*[+-]?\d+\s*((\.\.|,)\s*[+-]?\d+\s*)?$"}


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    """
    A list of one kind, kept as a tuple.

    Attributes
    ----------
    item : Kind
    """

    item: Kind
    name = "list"

    def read(self, value: Any, place: FilePlace) -> tuple[Any, ...]:  # noqa: ANN401 - as Kind.read
        """Refuse what is no list, or a member of another kind."""
        if not isinstance(value, list | tuple):
            hint = f', as in {place.key} = ["{value}"]' if isinstance(value, str) else ""
            raise self.refuse(value, place, hint if len(hint) < SHOWN else "")
        return tuple(self.item.read(m, place.member(n)) for n, m in enumerate(value, start=1))

    def understand(self, value: Any, place: FilePlace) -> tuple[Any, ...]:  # noqa: ANN401 - as Kind.read
        """Take one member for a list of one, and text with commas for its parts."""
        if isinstance(value, str):
            value = self._split(value)
        elif isinstance(value, Window):
            value = (value,)
        elif not isinstance(value, list | tuple):
            raise self.refuse(value, place)
        return tuple(self.item.understand(m, place.member(n)) for n, m in enumerate(value, start=1))

    def _split(self, text: str) -> list[str]:
        if isinstance(self.item, EventTime) and Window.is_pair(text):
            return [text]
        return [part.strip() for part in text.split(",") if part.strip()]

    def write(self, value: tuple[Any, ...]) -> list[Any]:
        """Write every member."""
        return [self.item.write(member) for member in value]

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return {"type": "array", "items": self.item.schema()}


class FilePath(Text):
    """The path of a file; relative ones start at the file that names it."""

    name = "path of a file"


@dataclass(frozen=True, slots=True)
class Some(ListOf):
    """One value, or a list of them; kept as a tuple."""

    def read(self, value: Any, place: FilePlace) -> tuple[Any, ...]:  # noqa: ANN401 - as Kind.read
        """Take one value for a list of one; leave commas in a text alone."""
        many = isinstance(value, list | tuple)
        return ListOf.read(self, value if many else [value], place)

    def understand(self, value: Any, place: FilePlace) -> tuple[Any, ...]:  # noqa: ANN401 - as Kind.read
        """Take what TOML gives."""
        return self.read(value, place)

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return {"anyOf": [self.item.schema(), ListOf.schema(self)]}


class Definitions(Kind):
    """A table of names for figures: numbers, dates, texts that are expressions, lists of them."""

    name = "table of definitions"

    def read(self, value: Any, place: FilePlace) -> dict[str, Any]:  # noqa: ANN401 - as Kind.read
        """Refuse what is no figure, and what is no name."""
        if not isinstance(value, dict) or len(value) > MOST_DEFINITIONS:
            raise self.refuse(value, place, f" with at most {MOST_DEFINITIONS} names")
        found: dict[str, Any] = {}
        for name, figure in value.items():
            if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
                raise StudyError(f"{place}: {shown(name)} is no name; use letters, digits and _")
            if isinstance(figure, list | tuple):
                inner = place.within(f"{place.table}: {place.key}".lstrip(": ")).at(name)
                found[name] = [self._figure(m, inner.member(n)) for n, m in enumerate(figure, 1)]
            else:
                found[name] = self._figure(figure, place.within(place.table).at(name))
        return found

    def _figure(self, value: Any, place: FilePlace) -> Any:  # noqa: ANN401 - as Kind.read
        if isinstance(value, str):
            return TEXT.read(value, place)
        if isinstance(value, dt.date):
            return value.date() if isinstance(value, dt.datetime) else value
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_WHOLE:
            return value
        return NUMBER.read(value, place)

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return {"type": "object"}


TEXT, NAMES, NUMBER, WHOLE, FLAG = Text(), Names(), Number(), Whole(), Flag()
DAY, WHEN, EVENT_TIME = Day(), Instant(), EventTime()
TEXTS, WINDOWS = ListOf(TEXT), ListOf(EVENT_TIME)
FILE, NUMBERS, SOME_TEXTS, DEFINITIONS = FilePath(), Some(NUMBER), Some(TEXT), Definitions()
