"""Results as tables: laid out once, written to a terminal, a page, LaTeX and CSV."""
