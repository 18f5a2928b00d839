"""Every expected-return model that a study can name, by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from analysis._discovery import in_families
from analysis.models import specifications
from analysis.models.spec import Family, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Mapping


def registered() -> Mapping[str, ModelSpec]:
    """
    Collect the models of every module of `analysis.models.specifications`, family by family.

    Raises
    ------
    ValueError
        If two models share an id.
    TypeError
        If a module there has no ``MODELS``, or something else is among them.
    """
    found: dict[str, ModelSpec] = {}
    for spec in in_families(specifications, "MODELS", ModelSpec, get_args(Family)):
        if found.setdefault(spec.id, spec) is not spec:
            raise ValueError(f"the model '{spec.id}' is registered twice")
    return found


MODELS = registered()
"""Every model by its id, in the order in which lists show them."""
