"""What a source of prices says of itself, so that commands can offer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from analysis.prices.sources.http import Patience
    from analysis.prices.sources.protocol import Source

Needs = Literal["nothing", "network", "file"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What a command was told of a source.

    Attributes
    ----------
    path : pathlib.Path or None
        The file, for a source that needs one.
    patience : Patience
        How long to wait and how often to ask, for a source that needs the network.
    cache : pathlib.Path
        Folder for what a source keeps between runs.
    """

    path: Path | None
    patience: Patience
    cache: Path


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A source of prices.

    Attributes
    ----------
    name : str
        What ``--from`` calls it; its module's name, with hyphens.
    place : int
        In help texts; no two share one.
    needs : {"nothing", "network", "file"}
        A file is given by its path in place of the name.
    summary : str
        What it is, as help texts say it.
    open : callable
        Makes the source.
    """

    name: str
    place: int
    needs: Needs
    summary: str
    open: Callable[[Wanted], Source]
