"""Compiling with numba: the decorators of the kernel, and where its cache may lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., object]")


def compiled(function: F) -> F:
    """
    Compile a function to machine code on its first call, releasing the interpreter's lock.

    The code is kept beside the source or, where that cannot be written, in the user's cache
    (``NUMBA_CACHE_DIR`` names another place), so that compiling is paid once. Where no place can
    be written the function is compiled anew in each process, and works all the same.

    Parameters
    ----------
    function : callable
        A function of arrays, numbers and named tuples of them.

    Returns
    -------
    callable
        The compiled function, with the same signature.
    """
    try:
        return cast("F", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except (RuntimeError, OSError):
        return cast("F", numba.njit(nogil=True, error_model="numpy")(function))


def inlined(function: F) -> F:
    """
    Compile a function into the compiled functions that call it; see `compiled`.

    Parameters
    ----------
    function : callable
        A small function on the hot path: inlined, its arrays cost no reference counting.

    Returns
    -------
    callable
        The compiled function, with the same signature.
    """
    return cast("F", numba.njit(nogil=True, error_model="numpy", forceinline=True)(function))
