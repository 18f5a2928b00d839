"""One module a table; its ``TABLE`` is all that the program knows of it."""
