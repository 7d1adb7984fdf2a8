"""``python -m jalur``: the command line."""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # the working folder: a file there must not stand in for a module, here or in a notebook
    from jalur.cli import main

    sys.exit(main())
