"""`python -m ctpn`: see ctpn.cli."""

import sys

from ctpn.cli import main

if __name__ == "__main__":
    sys.exit(main())
