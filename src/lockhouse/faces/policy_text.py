"""Documents of policies as approvals keep them: one file's bytes, or a folder's, which keep their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.errors import Invalid
from lockhouse.policy.document import parse
from lockhouse.wiring import template

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        Invalid: this release reads its words otherwise, or a file stands in it twice: one would hide the other.
    """
    text = source.decode()
    parts = _FILE.split(text)[1:] if text.startswith("# file: ") else [said, text]
    files = dict(zip(parts[::2], parts[1::2], strict=True))
    if 2 * len(files) != len(parts):
        raise Invalid("policy", "each file of a folder once", got="one that stands twice")
    return parse(files, templates=template)


def source_of(files: Mapping[str, str], *, folder: bool) -> bytes:
    """The bytes of a draft as an approval keeps them: of one file as it is, of a folder with a line before each.

    A draft is judged by what `approved` makes of these, never by the files themselves: a name or a text that holds such
    a line would part otherwise than it came, and what was compared would not be what rules.

    Raises:
        Invalid: it is one file, and several came.
    """
    if folder:
        return "".join(f"# file: {name}\n{files[name]}\n" for name in sorted(files)).encode()
    if len(files) != 1:
        raise Invalid("files", "one, or `folder`", got="several")
    return next(iter(files.values())).encode()
