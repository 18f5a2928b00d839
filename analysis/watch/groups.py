"""Groups of securities from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.errors import DataError, StudyError
from analysis.keys import make_record
from analysis.kinds import FilePlace
from analysis.study_parts import Group
from analysis.tabular import read_pieces
from analysis.toml_text import parse_toml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def read_groups(path: Path) -> dict[str, tuple[str, ...]]:
    """
    Read groups of securities.

    Parameters
    ----------
    path : pathlib.Path
        TOML with ``[[groups]]`` as in a study file, whose other keys do not matter here; else a
        table with the columns ``symbol`` and ``group``.

    Returns
    -------
    dict of str to tuple of str
        Members by group, in the order of the file.

    Raises
    ------
    StudyError, DataError
        If the file cannot be read, holds no group, or a security stands in two.
    """
    pairs = list(_from_toml(path) if path.suffix.lower() == ".toml" else _from_table(path))
    owner: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for group, symbol in pairs:
        if symbol in owner:
            raise StudyError(
                f"{path}: {symbol} stands in the groups '{owner[symbol]}' and '{group}'; keep one"
                if owner[symbol] != group
                else f"{path}: {symbol} stands twice in the group '{group}'; keep one"
            )
        owner[symbol] = group
        found.setdefault(group, []).append(symbol)
    if not found:
        raise StudyError(
            f"{path} holds no group; write [[groups]] tables with id and symbols, or a table with "
            "the columns symbol and group"
        )
    return {group: tuple(symbols) for group, symbols in found.items()}


def _from_toml(path: Path) -> Iterable[tuple[str, str]]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no text in UTF-8"
        raise DataError(f"{path} cannot be read ({reason})") from error
    tables = parse_toml(text, where=str(path)).get("groups", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise StudyError(f"{path}: 'groups' must be written as [[groups]] tables")
    for number, table in enumerate(tables, start=1):
        place = FilePlace(str(path)).within(f"[[groups]] number {number}")
        group = make_record(Group, table, place)
        for symbol in group.symbols:
            yield group.id, symbol


def _from_table(path: Path) -> Iterable[tuple[str, str]]:
    for piece in read_pieces(path, ["symbol", "group"]):
        (symbols, names), (groups, titles) = piece.texts(0), piece.texts(1)
        for row, (symbol, group) in enumerate(zip(symbols, groups, strict=True)):
            if symbol < 0 or group < 0:
                raise DataError(f"{piece.where(row)}: symbol or group is empty; fill it in")
            yield titles[group], names[symbol]
