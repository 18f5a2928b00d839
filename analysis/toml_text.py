"""TOML within bounds: no text of a user can make reading it endless."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from analysis.errors import StudyError

MOST_KEY_PARTS = 30
_LONG_KEY = re.compile(rf"""(?<![\w"'-])(?:[\w"'-]+[ \t]*\.[ \t]*){{{MOST_KEY_PARTS}}}""")


def parse_toml(text: str, *, where: str) -> dict[str, Any]:
    """
    Read TOML text within bounds: no key of very many parts, no list nested without end.

    Parameters
    ----------
    text : str
    where : str
        The file, for messages.

    Raises
    ------
    StudyError
        If it is no TOML, or beyond the bounds.
    """
    if _LONG_KEY.search(text):
        raise StudyError(
            f"{where}: no valid TOML: a key has more than {MOST_KEY_PARTS} parts with dots between"
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{where}: no valid TOML: {error}") from None
    except RecursionError:
        raise StudyError(f"{where}: no valid TOML: lists or tables are nested too deep") from None
    except ValueError as error:
        raise StudyError(f"{where}: no valid TOML: a value is too large ({error})") from None
