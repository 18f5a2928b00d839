"""The parts of scripts/mutate.py: the changes, the tests that reach a line, the judge."""
