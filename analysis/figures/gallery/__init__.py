"""One module a figure; its ``FIGURE`` is all that the program knows of it."""
