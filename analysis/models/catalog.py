"""Every expected-return model that a study can name, by its id."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, get_args

from analysis._discovery import entries
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
        If a module there has no ``MODELS``.
    """
    families = get_args(Family)
    found: dict[str, ModelSpec] = {}
    for spec in sorted(
        itertools.chain(*entries(specifications, "MODELS", tuple).values()),
        key=lambda spec: families.index(spec.family),
    ):
        if found.setdefault(spec.id, spec) is not spec:
            raise ValueError(f"the model '{spec.id}' is registered twice")
    return found


MODELS = registered()
"""Every model by its id, in the order in which lists show them."""
