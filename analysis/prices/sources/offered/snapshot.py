"""The bundled levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.prices.sources.offer import Offer

if TYPE_CHECKING:
    from analysis.prices.sources.files import FileSource
    from analysis.prices.sources.offer import Wanted


def _open(wanted: Wanted) -> FileSource:  # noqa: ARG001 - it needs nothing
    from analysis.prices.sources.snapshot_levels import snapshot_source  # noqa: PLC0415 - slow

    return snapshot_source()


SOURCE = Offer(
    name="snapshot",
    place=2,
    needs="nothing",
    summary="the bundled total-return levels",
    open=_open,
)
