"""``python -m pytest_rtlgen``: the command line."""

import sys

from pytest_rtlgen.cli import main

if __name__ == "__main__":
    sys.exit(main())
