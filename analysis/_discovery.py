"""Registries that are folders: each module of a package that has the entry is in the registry."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from types import ModuleType

Entry = TypeVar("Entry")


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
