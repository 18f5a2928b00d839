"""Factor columns that the models of one call of the panel engine share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analysis._typing import FloatArray


@dataclass(slots=True, eq=False)
class FactorPool:
    """
    Columns of regressors, each kept once however many models name it.

    Attributes
    ----------
    sessions : int
        Length of every column.
    """

    sessions: int
    _places: dict[bytes, int] = field(default_factory=dict)
    _columns: list[FloatArray] = field(default_factory=list)

    def add(self, columns: Iterable[FloatArray]) -> tuple[int, ...]:
        """
        Add the columns of a model.

        Parameters
        ----------
        columns : iterable of ndarray of shape (sessions,)

        Returns
        -------
        tuple of int
            Where in `table` each stands; of columns equal bit for bit the first.

        Examples
        --------
        >>> import numpy as np
        >>> pool = FactorPool(2)
        >>> pool.add([np.array([1.0, 2.0]), np.array([3.0, 4.0])]), pool.add([np.array([3.0, 4.0])])
        ((0, 1), (1,))
        >>> pool.table().shape
        (2, 2)
        """
        return tuple(self._place(column) for column in columns)

    def _place(self, column: FloatArray) -> int:
        place = self._places.setdefault(column.tobytes(), len(self._columns))
        if place == len(self._columns):
            self._columns.append(column)
        return place

    def table(self) -> FloatArray:
        """Lay the columns side by side, shape (sessions, k); one of zeros where there is none."""
        return np.column_stack(self._columns) if self._columns else np.zeros((self.sessions, 1))
