"""`lockhouse policy test`: the tests beside a draft, judged before it is approved."""

from __future__ import annotations

from pathlib import Path

from lockhouse.errors import Invalid, NotFound
from lockhouse.faces.cli.call import Call, Here
from lockhouse.faces.cli.drafts import draft_at, draft_of_house
from lockhouse.faces.cli.files import named
from lockhouse.faces.cli.layout import Said, count
from lockhouse.faces.policy_text import MAX_BYTES
from lockhouse.model.names import NameBook
from lockhouse.policy.cases import parse_cases
from lockhouse.policy.compile import compile_policy
from lockhouse.policy.judging import Failure, judge_cases
from lockhouse.settings import Settings, load
from lockhouse.wiring import KINDS

SUFFIX = "-tests.yaml"


def judge(file: Path | None = None, /, *, cases: Path | None = None, call: Here) -> Said:
    """Judge a draft by the tests that stand beside it; exit code 1 if one does not hold. Changes nothing.

    They stand in `policy-tests.yaml` beside `policy.yaml`: decisions that are expected, and events with the fields
    that must be kept of them. `lockhouse init` writes a first one; docs/spec/policy.md says what may stand there.

    For example `lockhouse policy test`, or `lockhouse policy test ./policy.yaml --cases ./more-tests.yaml`.

    Args:
        file: another draft than the house's: a YAML file or a folder of them.
        cases: other tests than those beside the draft.
    """
    place = call.cwd / file if file is not None else _draft(call)
    written = draft_at(place, said=named(file)) if file is not None else draft_of_house(call.folder(), _settings(call))
    policy = compile_policy(written.document(), NameBook(), KINDS)
    beside = call.cwd / cases if cases is not None else place.with_name(place.stem + SUFFIX)
    found = parse_cases(beside.name, _read(beside), policy)
    failures = judge_cases(policy, found)
    total = len(found.decisions) + len(found.collects)
    value = {"tests": total, "failed": len(failures), "failures": failures}
    if failures:
        said = f"{len(failures)} of {count(total, 'test')} of {beside.name} did not hold."
        return Said(value, "\n\n".join([*map(_told, failures), said]), 1)
    return Said(value, f"All {count(total, 'test')} of {beside.name} held.")


def _settings(call: Call) -> Settings:
    return load(call.folder(), call.environment)


def _draft(call: Call) -> Path:
    return call.folder() / _settings(call).policy


def _read(place: Path) -> str:
    """The text of a file of tests.

    Raises:
        NotFound: there is none.
        Invalid: it may not be read, is too large or not UTF-8.
    """
    try:
        raw = place.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as err:
        raise NotFound(
            f"tests: expected a file at {named(place)}, got none",
            hint="write one beside the draft, as docs/spec/policy.md says, or name another with --cases",
        ) from err
    except PermissionError as err:
        raise Invalid("tests", "a file that this user may read", got="one that they may not") from err
    if len(raw) > MAX_BYTES:
        raise Invalid("tests", f"at most {MAX_BYTES:,} bytes", got="more")
    try:
        return raw.decode()
    except UnicodeDecodeError as err:
        raise Invalid("tests", "a file in UTF-8", got="something else") from err


def _told(failure: Failure) -> str:
    head = f"{failure.where}: {failure.says or 'a test without a sentence'}"
    return "\n".join([head, *(f"  {line}" for line in failure.lines)])
