"""`python -m mdf`, if the `mdf` script is not on the path."""

import sys

from mdf.cli import main

if __name__ == "__main__":
    sys.exit(main())
