"""Registries that are folders: each module of a package that has the entry is in the registry."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

Entry = TypeVar("Entry")


class Placed(Protocol):
    """An entry with a name and a place in reading order."""

    @property
    def name(self) -> str:
        """Its module's, with hyphens."""

    @property
    def place(self) -> int:
        """No two entries share one."""


class OfFamily(Protocol):
    """A member of one family among others."""

    @property
    def family(self) -> str:
        """One of those that the registry orders by."""


Member = TypeVar("Member", bound=OfFamily)

Ordered = TypeVar("Ordered", bound=Placed)


def names(package: ModuleType) -> tuple[str, ...]:
    """
    List the entries of a package without importing them.

    Parameters
    ----------
    package : module
        Its ``__path__`` may name further folders, whose modules count as its own.

    Returns
    -------
    tuple of str
        The modules' names with hyphens, sorted.
    """
    return tuple(sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules(package.__path__)))


def entries(package: ModuleType, attribute: str, kind: type[Entry]) -> dict[str, Entry]:
    """
    Import the entries of a package.

    Parameters
    ----------
    package : module
    attribute : str
        The module-level name of an entry.
    kind : type

    Returns
    -------
    dict of str to object
        By name, sorted by name.

    Raises
    ------
    TypeError
        If a module has no entry of that name and kind: a file that is in no registry is a defect.
    """
    found = {}
    for name in names(package):
        module = importlib.import_module(f"{package.__name__}.{name.replace('-', '_')}")
        entry = getattr(module, attribute, None)
        if not isinstance(entry, kind):
            raise TypeError(f"{module.__name__} has no {attribute} that is a {kind.__name__}")
        found[name] = entry
    return found


def in_families(
    package: ModuleType, attribute: str, kind: type[Member], families: Sequence[str]
) -> list[Member]:
    """
    Import the members that the modules of a package list, family by family.

    Parameters
    ----------
    package : module
    attribute : str
        The module-level name of a tuple of members.
    kind : type
    families : sequence of str
        In the order wanted; within one the modules come by name, their members as listed.

    Raises
    ------
    TypeError
        If a module has no such tuple, or something else is in it.
    """
    found = list(itertools.chain(*entries(package, attribute, tuple).values()))
    for member in found:
        if not isinstance(member, kind):
            raise TypeError(f"{package.__name__}: {member!r} in {attribute} is no {kind.__name__}")
    return sorted(found, key=lambda member: families.index(member.family))


def in_reading_order(found: Mapping[str, Ordered]) -> dict[str, Ordered]:
    """
    Sort entries by their places.

    Raises
    ------
    ValueError
        If two entries share a place, or one has another name than its module.
    """
    taken: dict[int, str] = {}
    for name, entry in found.items():
        if entry.name != name:
            raise ValueError(f"the entry of module '{name}' is named '{entry.name}'")
        other = taken.setdefault(entry.place, name)
        if other != name:
            raise ValueError(f"'{name}' and '{other}' share place {entry.place}")
    return dict(sorted(found.items(), key=lambda item: item[1].place))
