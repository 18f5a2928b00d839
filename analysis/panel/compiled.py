"""Compiling with numba: the decorators of the kernel, and where its cache may lie."""

from __future__ import annotations

import contextlib
import pickle
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., object]")


class _Cache(FunctionCache):
    """
    Code kept on disk; what cannot be read is thrown away.

    numba reads what another version of the program has left behind before it compares the dates of
    the sources, and fails where a named tuple among it has since moved or got another name.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:  # noqa: ANN401 - as in numba
        """Give the kept code of a signature, or None where it must be compiled."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except (AttributeError, ImportError, EOFError, pickle.UnpicklingError):
            self.flush()  # type: ignore[no-untyped-call]
            return None


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
    dispatcher: Any = numba.njit(nogil=True, error_model="numpy")(function)
    with contextlib.suppress(RuntimeError, OSError):
        # as njit(cache=True) does
        dispatcher._cache = _Cache(function)  # type: ignore[no-untyped-call]  # noqa: SLF001
    return cast("F", dispatcher)


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
