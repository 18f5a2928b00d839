r"""
What reaches the terminal: text without control characters, in letters that the stream can show.

A title, a symbol or a vendor's words may hold escape sequences that move the cursor, rename the
window or hide a line. They are written out (``\x1b``), never sent.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import re
import shutil
import sys
import unicodedata
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LINES = 10
"""A message to the user has no more lines."""

QUIET = "analysis.cli.quiet"
"""Where a context keeps that ``--quiet`` was given."""

NARROWEST, WIDEST = 60, 110
"""Columns of tables and prose."""

MOST_LETTERS = 2000
"""A message to the user has no more letters."""

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_PLAIN = {
    "\u2212": "-",  # minus
    "\u2013": "-",
    "\u2014": "--",
    "\u2500": "-",  # rules of tables
    "\u2502": "|",
    "\u00d7": "x",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "!=",
    "\u2248": "~",
    "\u00b1": "+/-",
    "\u00b7": ".",
    "\u2026": "...",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2192": "->",
    "\u03c3": "sigma",
}
_ERRORS = "market-impact-plain"


def plain(text: object) -> str:
    r"""
    Write out the control characters of a text; line ends and tabs stay.

    Examples
    --------
    >>> plain("a\x1b[31mb\u202ec")
    'a\\x1b[31mb\\u202ec'
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))


def brief(text: object) -> str:
    """
    Shorten a message to `MOST_LINES` lines and `MOST_LETTERS` letters, and make it `plain`.

    Examples
    --------
    >>> brief("word " * 1000)[-31:]
    ' word  ... (3,000 more letters)'
    """
    lines = plain(text).splitlines() or [""]
    if len(lines) > MOST_LINES:
        left = len(lines) - MOST_LINES + 1
        lines = [*lines[: MOST_LINES - 1], f"... ({left:,} more lines)"]
    short = "\n".join(lines)
    if len(short) > MOST_LETTERS:
        short = f"{short[:MOST_LETTERS]} ... ({len(short) - MOST_LETTERS:,} more letters)"
    return short


def is_quiet() -> bool:
    """Say whether the command runs with ``--quiet``."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(QUIET))


def width() -> int:
    """
    Give the columns that tables may take: those of the terminal, or `WIDEST` where there is none.

    The variable ``COLUMNS`` goes before both; there are no fewer than `NARROWEST`.
    """
    columns = shutil.get_terminal_size((WIDEST, 24)).columns
    return min(max(columns, NARROWEST), WIDEST)


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text as `plain` gives it; remarks go to standard error (`err`), or nowhere."""
    if err and is_quiet():
        return
    click.echo(plain(text), err=err, nl=nl)


def message(kind: str, text: object) -> None:
    """Print one message to the user on standard error, as in ``error: ...``, made `brief`."""
    click.echo(f"{kind}: {brief(text)}", err=True)


@contextlib.contextmanager
def showable_streams() -> Iterator[None]:
    """
    Let no letter stop the program that the streams' encoding lacks: minus becomes "-", not "?".

    Only for as long as the command runs, and only where the encoding is no Unicode one.
    """
    codecs.register_error(_ERRORS, _in_plain_letters)
    changed: list[tuple[io.TextIOWrapper, str]] = []
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            changed.append((stream, stream.errors or "strict"))
            stream.reconfigure(errors=_ERRORS)
    try:
        yield
    finally:
        for stream, errors in changed:
            with contextlib.suppress(ValueError, OSError):  # closed, or full, meanwhile
                stream.reconfigure(errors=errors)


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(_PLAIN.get(letter) or _without_accent(letter) for letter in letters), error.end


def _without_accent(letter: str) -> str:
    return unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or "?"
