"""Log lines without personal values: an event's name that stands in the code, ids, numbers, codes and types.

What other libraries say is not written: their texts may hold anything that was sent. Of an error outside our own
tree only its type and the place it came from are written, never its text and never a variable.
"""

from __future__ import annotations

import logging
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TextIO

import structlog

from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from types import TracebackType

    from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(*, level: str, process: str, stream: TextIO | None = None) -> None:
    """Write this process's log lines to standard error: JSON, or for people when that is a terminal.

    Args:
        level: the least severe that is written: debug, info, warning or error.
        process: what this process is (`collect-0`); stands in each line.
        stream: instead of standard error.
    """
    out = stream or sys.stderr
    if out.isatty() and level == "info":
        level = "warning"  # at a terminal, `serve` speaks for itself
    shown: Processor = structlog.dev.ConsoleRenderer() if out.isatty() else structlog.processors.JSONRenderer()

    def of_process(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        return {"process": process, **line}

    structlog.configure(
        processors=[
            of_process,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _texts_only_of_ours,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(out),  # one write a line: the processes of a house share a file
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Foreign()]
    root.setLevel(logging.WARNING)
    sys.excepthook = _uncaught


def get() -> FilteringBoundLogger:
    """The logger of this process."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def fault(error: BaseException) -> dict[str, Any]:
    """What may be said of an error: of one of ours its code and text, of any its type and the place it came from."""
    said: dict[str, Any] = {"error": type(error).__name__, "place": place(error.__traceback__)}
    if isinstance(error, LockhouseError):
        said |= {"code": error.code, "text": error.text}
        if error.hint:
            said["hint"] = error.hint
    return said


def place(trace: TracebackType | None) -> str:
    """File and line that an error came from (`intake.py:112`), innermost last frame; empty when unknown."""
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def _texts_only_of_ours(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Errors given as a value are written as `fault` says, whoever gave them."""
    for key in ("exc_info", "error"):
        value = line.get(key)
        if isinstance(value, BaseException):
            del line[key]
            line.update(fault(value))
    line.pop("exc_info", None)
    line.pop("stack_info", None)
    return line


class _Foreign(logging.Handler):
    """Lines of other libraries: who, how bad and where, but not what they say."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one."""
        said: dict[str, Any] = {"library": record.name, "place": f"{record.module}.py:{record.lineno}"}
        if record.exc_info is not None and record.exc_info[1] is not None:
            said |= fault(record.exc_info[1])
        level = "error" if record.levelno >= logging.ERROR else "warning"
        getattr(get(), level)("library", **said)


def _uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    get().error("uncaught", **fault(error))
