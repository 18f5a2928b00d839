"""Results as text tables and LaTeX: what a reader at a terminal sees."""

from analysis.tables.batteries import tests_text
from analysis.tables.latex import latex_table
from analysis.tables.render import WIDTH
from analysis.tables.summary import summary_text

__all__ = ["WIDTH", "latex_table", "summary_text", "tests_text"]
