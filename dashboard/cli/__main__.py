"""`python -m dashboard.cli COMMAND ...`."""

import sys

from dashboard.cli.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
