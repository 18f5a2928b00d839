"""The tests, a family a module: each has ``TESTS``, and a module that is added is listed too."""
