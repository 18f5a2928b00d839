"""A daily look as one small HTML page that needs no other file."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import jinja2

from analysis.watch.text import FAMILIES, HEADS, cells, finding, method, notes

if TYPE_CHECKING:
    from analysis.watch.records import Watch

ORDINARY_SHOWN = 10
"""Rows of a table that lie within ordinary days: the least ordinary of them."""

_TITLES = {"return": "return, %", "abnormal": "abnormal, %", "interval": "interval, %"}


def watch_page(found: Watch) -> str:
    """
    Write a daily look as a page.

    Parameters
    ----------
    found : Watch

    Returns
    -------
    str
        HTML without any reference outside itself and without a script; names are escaped.
    """
    families = []
    for kind, against, title in FAMILIES:
        family = [m for m in found.moves if (m.kind, m.against) == (kind, against)]
        if not family:
            continue
        moved = [m for m in family if m.moved]
        ordinary = [m for m in family if not m.moved]
        rows = [*moved, *ordinary[:ORDINARY_SHOWN]]
        families.append(
            {
                "title": title,
                "moved": len(moved),
                "judged": len(family),
                "more": len(family) - len(rows),
                "rows": [{"moved": move.moved, "cells": cells(move)} for move in rows],
            }
        )
    template = resources.files("analysis.watch").joinpath("watch.html").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.from_string(template).render(
        title=f"Beyond ordinary days: {found.session.date()}",
        finding=finding(found),
        families=families,
        heads=[_TITLES.get(head, head) for head in HEADS],
        method=method(found),
        notes=notes(found),
        data_name=found.data_name,
    )
    return page + "\n"
