"""``python -m lockhouse`` and the installed command ``lockhouse``."""

from __future__ import annotations

import sys

from lockhouse.faces.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
