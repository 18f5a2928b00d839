"""
Keys of a study file: one declaration a field, from which everything else derives.

A frozen record declares each field with `key`: what kind of value it holds, what it says, its
default and, where the command line may replace it, its option. Reading TOML, writing it, taking
values from Python, the options of the command line and the schema for editors are loops over these
declarations.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from analysis.errors import MarketImpactError, StudyError, nearest
from analysis.kinds import FaultsError, FilePlace, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK = "key"


@dataclass(frozen=True, slots=True)
class Option:
    """
    How the command line, or a caller in Python, replaces a study's own value.

    Attributes
    ----------
    flag : str
        As in ``--model``.
    metavar, help : str
        For the help text.
    kind : Kind or None
        What the option takes, where that is not the field's own kind: ids for whole tables.
    """

    flag: str
    metavar: str
    help: str
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """
    The declaration of one field.

    Attributes
    ----------
    kind : Kind
    says : str
        One sentence for documents and editors.
    option : Option or None
        None where nothing but the study itself may say it.
    """

    kind: Kind
    says: str
    option: Option | None = None


def key(kind: Kind, says: str, *, default: Any = MISSING, option: Option | None = None) -> Any:  # noqa: ANN401 - the field's own type, whatever it is, as of dataclasses.field
    """
    Declare a field of a record that study files hold.

    Parameters
    ----------
    kind : Kind
    says : str
    default : object, optional
        None where the record finds the default itself, from its other fields.
    option : Option, optional

    Returns
    -------
    dataclasses.Field
        Typed as anything, so that it can stand where the value will.
    """
    return field(default=default, metadata={_MARK: Key(kind, says, option)})


def keys_of(record: type[Any]) -> dict[str, Key]:
    """List a record's declarations by field, in their order."""
    return {f.name: f.metadata[_MARK] for f in fields(record) if _MARK in f.metadata}


def required_keys(record: type[Any]) -> tuple[str, ...]:
    """List the fields of a record that have no default."""
    return tuple(f.name for f in fields(record) if f.default is MISSING)


def options_of(record: type[Any]) -> dict[str, Key]:
    """List the declarations of a record that the command line may replace."""
    return {name: found for name, found in keys_of(record).items() if found.option is not None}


def understand_fields(record: Any) -> None:  # noqa: ANN401 - any record that declares its keys
    """
    Bring the values that a caller gave a frozen record into their kinds, in place.

    Meant for ``__post_init__``: a list becomes a tuple, ``"-1..1"`` a window; a missing value
    (None) is left to the record.

    Raises
    ------
    StudyError
        If a value is none of its kind.
    """
    for name, declared in keys_of(type(record)).items():
        value = getattr(record, name)
        if value is not None:
            found = declared.kind.understand(value, FilePlace(type(record).__name__, name))
            object.__setattr__(record, name, found)


def fill(record: Any, **values: object) -> None:  # noqa: ANN401 - any record that declares its keys
    """Fill what is missing (None) in a frozen record; meant for ``__post_init__``."""
    for name, value in values.items():
        if getattr(record, name) is None:
            object.__setattr__(record, name, value)


def read_record(record: type[Any], content: Mapping[str, Any], place: FilePlace) -> dict[str, Any]:
    """
    Read a table into the keyword arguments of a record: unknown keys first, then missing ones.

    Parameters
    ----------
    record : type
        A record that declares its keys.
    content : mapping
        The table, as TOML gives it.
    place : FilePlace

    Returns
    -------
    dict
        Only the keys that are there.

    Raises
    ------
    FaultsError
        Of all keys at once.
    """
    known = keys_of(record)
    faults = [
        (place.at(name), f"{place}: key '{name}' is unknown; {nearest(name, known, most=30)}")
        for name in content
        if name not in known
    ]
    faults += [
        (place, f"{place}: key '{name}' is missing")
        for name in required_keys(record)
        if name not in content
    ]
    values = {}
    for name, declared in known.items():
        if name in content:
            try:
                values[name] = declared.kind.read(content[name], place.at(name))
            except FaultsError as error:
                faults += error.faults
            except StudyError as error:
                faults.append((place.at(name), str(error)))
    if faults:
        raise FaultsError(faults)
    return values


def make_record(record: type[Any], content: Mapping[str, Any], place: FilePlace) -> Any:  # noqa: ANN401 - an instance of `record`
    """
    Read a table into a record.

    Raises
    ------
    FaultsError
        As `read_record`, or with what the record itself refuses.
    """
    values = read_record(record, content, place)
    try:
        return record(**values)
    except MarketImpactError as error:
        raise FaultsError([(place, f"{place.file}: {error}")]) from error


def write_record(item: Any, *, whole: bool) -> dict[str, Any]:  # noqa: ANN401 - any record that declares its keys
    """
    Write a record as a table of TOML.

    Parameters
    ----------
    item : object
        A record that declares its keys.
    whole : bool
        Write defaults too; values that are missing (None, an empty text) are left out always.
    """
    defaults = {f.name: f.default for f in fields(item)}
    document = {}
    for name, declared in keys_of(type(item)).items():
        value = getattr(item, name)
        if value is None or value == "" or (not whole and value == defaults[name]):
            continue
        document[name] = declared.kind.write(value)
    return document


@dataclass(frozen=True, slots=True)
class Record(Kind):
    """
    A table.

    Attributes
    ----------
    record : type
        The class that declares its keys.
    """

    record: type[Any]
    name = "table"

    def read(self, value: Any, place: FilePlace) -> Any:  # noqa: ANN401 - an instance of `record`
        """Refuse what is no table, and what the record refuses."""
        if isinstance(value, self.record):
            return value
        if not isinstance(value, dict):
            raise self.refuse(value, place, f", written as [{place.key}]")
        return make_record(self.record, value, place.within(place.table or f"[{place.key}]"))

    def write(self, value: Any) -> dict[str, Any]:  # noqa: ANN401 - an instance of `record`
        """Write what is not the default."""
        return write_record(value, whole=False)

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return record_schema(self.record)


@dataclass(frozen=True, slots=True)
class Records(Kind):
    """
    Tables of one kind, written as ``[[key]]``.

    Attributes
    ----------
    record : type
        The class that declares their keys.
    """

    record: type[Any]
    name = "list of tables"

    def read(self, value: Any, place: FilePlace) -> tuple[Any, ...]:  # noqa: ANN401 - as Kind.read
        """Refuse what are no tables; the message numbers the wrong one."""
        if isinstance(value, self.record):
            value = (value,)
        if not isinstance(value, list | tuple) or not all(
            isinstance(member, dict | self.record) for member in value
        ):
            raise StudyError(f"{place} must be written as [[{place.key}]] tables")
        found: list[Any] = []
        faults: list[tuple[FilePlace, str]] = []
        for number, member in enumerate(value, start=1):
            if isinstance(member, self.record):
                found.append(member)
                continue
            label = member.get("id", member.get("symbol"))
            name = f" '{label}'" if isinstance(label, str) else ""
            inner = place.within(f"[[{place.key}]] number {number}{name}")
            try:
                found.append(make_record(self.record, member, inner))
            except FaultsError as error:
                faults += error.faults
        if faults:
            raise FaultsError(faults)
        return tuple(found)

    def understand(self, value: Any, place: FilePlace) -> tuple[Any, ...]:  # noqa: ANN401 - as Kind.read
        """Take one table for a list of one."""
        return self.read((value,) if isinstance(value, dict) else value, place)

    def write(self, value: tuple[Any, ...]) -> list[dict[str, Any]]:
        """Write every table without its defaults."""
        return [write_record(member, whole=False) for member in value]

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON Schema."""
        return {"type": "array", "items": record_schema(self.record)}


def record_schema(record: type[Any]) -> dict[str, Any]:
    """Describe a record in JSON Schema: its keys, what they say, which it must have."""
    properties: Mapping[str, Any] = {
        name: {**declared.kind.schema(), "description": declared.says}
        for name, declared in keys_of(record).items()
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(required_keys(record)),
        "additionalProperties": False,
    }
