"""``python -m mtpipe``: the command line."""

import sys

from mtpipe.cli import main

if __name__ == "__main__":
    sys.exit(main())
