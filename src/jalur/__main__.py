"""``python -m jalur``: the command line."""

import sys

from jalur.cli import main

if __name__ == "__main__":
    sys.exit(main())
