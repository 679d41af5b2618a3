"""The demo's server process: the real supervisor, which ends with the demo and then leaves nothing behind.

`python -m lockhouse.faces.demo.keeper HOUSE LIFELINE [FOLDER]`. The lifeline is a pipe whose other end only the demo
holds. When it closes without a word, the demo was killed; then the supervisor ends in order and the temporary FOLDER
is removed from here, because nobody else is left to do it.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from pathlib import Path

from lockhouse.faces.serve.supervisor import serve


def main(house: str, lifeline: str, folder: str = "") -> int:
    """Serve until told to end, or until the demo is gone; the supervisor's exit code."""
    orphaned = threading.Event()

    def watch() -> None:
        if os.read(int(lifeline), 1) == b"":
            orphaned.set()
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    code = serve(Path(house))
    if orphaned.is_set() and folder:
        shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
