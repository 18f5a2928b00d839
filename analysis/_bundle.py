"""Where the bundled data lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

from analysis.errors import IntegrityError

DEFAULT_STUDY = "deepseek-2025"
"""The bundled study that runs where none is named."""


def bundled_data() -> Path:
    """
    Find the folder of bundled data.

    Returns
    -------
    pathlib.Path
        ``analysis/_data`` of an installed wheel, else ``data`` of the checkout.

    Raises
    ------
    IntegrityError
        If neither is there.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_data", package.parent / "data"):
        if (folder / "manifest.json").is_file():
            return folder
    raise IntegrityError(
        f"the bundled data were not found beside {package}; reinstall the program, "
        "or name your own figures with --data PATH"
    )
