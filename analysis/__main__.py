"""``python -m analysis`` is ``market-impact``."""

from analysis.cli import run

if __name__ == "__main__":
    run()
