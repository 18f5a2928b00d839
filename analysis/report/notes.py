"""Footnotes: where the numbers of a text stand in the files of the results."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup, escape

from analysis.report.cells import cited_places, uncited
from analysis.report.words import typeset


@dataclass(slots=True)
class Footnotes:
    """
    The footnotes of a page, numbered as they are met.

    Attributes
    ----------
    notes : list of list of (str, str)
        Of each text its numbers and their places.
    """

    notes: list[list[tuple[str, str]]] = field(default_factory=list)

    def text(self, text: str) -> Markup:
        """
        Turn a text with marked numbers into HTML with one footnote behind it.

        Parameters
        ----------
        text : str
            Numbers marked by `analysis.report.cells.cite`.

        Returns
        -------
        markupsafe.Markup
            Everything of the text escaped.

        Examples
        --------
        >>> from analysis.report.cells import cite
        >>> from analysis.results import Place
        >>> notes = Footnotes()
        >>> str(notes.text("a < " + cite("5", Place("results.csv", 2, "car"))))[:36]
        'a &lt; 5<sup class="note"><a id="ref'
        >>> notes.notes
        [[('5', 'results.csv, line 2, car')]]
        """
        shown = escape(typeset(uncited(text)))
        places = cited_places(text)
        if not places:
            return shown
        self.notes.append([(typeset(number), place) for number, place in places])
        count = len(self.notes)
        return shown + Markup(
            '<sup class="note"><a id="ref-{0}" href="#note-{0}" '
            'aria-label="Where these numbers stand, note {0}">{0}</a></sup>'
        ).format(count)
