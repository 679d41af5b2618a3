"""Documents of policies as approvals keep them: one file's bytes, or a folder's, which keep their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.policy.document import parse
from lockhouse.wiring import template

if TYPE_CHECKING:
    from lockhouse.policy.document import Document

MAX_BYTES = 1 << 20
_FILE = re.compile(r"^# file: ([^\n]+)\n", re.MULTILINE)
"""How the bytes of an approval part the files of a folder."""


def approved(source: bytes, *, said: str) -> Document:
    """The document of a version, from one file or from a folder's, which keep their names.

    Args:
        source: the bytes that the version keeps.
        said: how an error names it, if it was one file.

    Raises:
        Invalid: this release reads its words otherwise.
    """
    text = source.decode()
    parts = _FILE.split(text)[1:] if text.startswith("# file: ") else [said, text]
    return parse(dict(zip(parts[::2], parts[1::2], strict=True)), templates=template)
