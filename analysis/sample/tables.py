"""Values of the TOML tables of a study of many firm-events, each held to its kind by its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.errors import StudyError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 1_000_000
"""No number of redraws, placebos or sessions is larger."""

LARGEST = 2**63 - 1
"""No whole number is larger."""

_MISSING = object()
_SHOWN = 60


def take(table: Mapping[str, Any], key: str, kind: type[Any], default: Any = _MISSING) -> Any:  # noqa: ANN401 - the value's own type
    """
    Take the value of a key.

    Raises
    ------
    StudyError
        If it is missing and has no default, is of another kind, a whole number beyond 64 bits, or
        a text with a null character.

    Examples
    --------
    >>> take({"level": 1}, "level", float)
    1.0
    """
    if key not in table:
        if default is _MISSING:
            raise StudyError(f"key '{key}' is missing")
        return default
    value = table[key]
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and abs(value) > LARGEST:
        raise StudyError(f"'{key}' is a whole number beyond 64 bits; give a smaller one")
    if kind is float and whole:
        value = float(value)
    if not isinstance(value, kind) or (kind is int and not whole):
        raise StudyError(f"'{key}' is {_shown(value)}; a {kind.__name__} is needed")
    if isinstance(value, str) and "\0" in value:
        raise StudyError(f"'{key}' holds a null character; take it out")
    return value


def take_count(
    table: Mapping[str, Any], key: str, default: int, *, least: int = 0, most: int = MOST
) -> int:
    """
    Take a whole number from the least to the most.

    Raises
    ------
    StudyError
        As `take`; also if it is below or above.
    """
    value: int = take(table, key, int, default)
    if not least <= value <= most:
        raise StudyError(f"'{key}' is {value}; a number from {least:,} to {most:,} is needed")
    return value


def take_list(
    table: Mapping[str, Any], key: str, kind: type[Any], default: tuple[Any, ...] = ()
) -> list[Any]:
    """
    Take a list whose entries are all of one kind.

    Raises
    ------
    StudyError
        As `take`, of the list or of an entry, which is numbered from 1.
    """
    values = take(table, key, list, list(default))
    for number, value in enumerate(values, start=1):
        take({f"{key} number {number}": value}, f"{key} number {number}", kind)
    return list(values)


def take_choice(table: Mapping[str, Any], key: str, known: tuple[str, ...], default: str) -> str:
    """
    Take one of some words.

    Raises
    ------
    StudyError
        As `take`; also if it is none of them.
    """
    value = take(table, key, str, default)
    if value not in known:
        raise StudyError(f"'{key}' is '{_shown(value)}'; {nearest(value, known)}")
    return str(value)


def refuse_unknown(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    """
    Refuse a table with a key that is none of some.

    Raises
    ------
    StudyError
        If there is one.
    """
    for key in table:
        if key not in keys:
            raise StudyError(f"{where}key '{key}' is unknown; {nearest(key, keys, most=len(keys))}")


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
