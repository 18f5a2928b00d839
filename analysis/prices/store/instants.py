"""
The instants of a refresh at which what lies on the disk changes, each with a name.

Whoever wants to know what a process leaves behind when it ends at one of them passes a function to
`analysis.prices.store.PriceStore`; it is called there with the instant's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    Passing: TypeAlias = "Callable[[str], None]"

MAKING = ("folder-made", "step-begun", "step-applied", "step-kept", "store-made", "store-named")
"""Of making a store, in order; those of a step once for each step of the schema."""

READING = ("planned", "arrived", "opened", "judged", "closed")
"""Of a refresh outside a symbol's transaction."""

WRITING = (
    "begun",
    "logged",
    "findings-replaced",
    "bars-superseded",
    "bars-deleted",
    "bars-inserted",
    "actions-superseded",
    "actions-deleted",
    "actions-inserted",
    "symbol-written",
)
"""Of one symbol's transaction, in order; at none of them does a reader see anything of it."""

KEPT = "committed"
"""The transaction is over: the symbol is new, whatever happens."""


def nothing(_instant: str) -> None:
    """Go on."""
