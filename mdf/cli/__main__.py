"""`python -m mdf.cli`, for where the `mdf` script is not installed."""

import sys

from mdf.cli import main

if __name__ == "__main__":
    sys.exit(main())
