"""`sign:` of a channel: nothing that was signed has two readings."""

from __future__ import annotations

import pytest

from lockhouse.errors import Invalid
from tests.unit.policy.worlds import EXAMPLE, compiled

PLACES = "timestamp: header:x-at, id: header:x-id"


def _text(signed: str) -> str:
    return EXAMPLE.replace("kind: square", f"kind: hmac\n    sign: {{header: x-sig, signed: '{signed}', {PLACES}}}")


@pytest.mark.parametrize(
    "signed", ["{timestamp}{id}.{body}", "{timestamp}.{id}.{body}", "{id}{timestamp}.{body}", "{id}00{timestamp}{body}"]
)
def test_what_is_signed_may_not_run_on_from_a_time_into_an_id(signed: str) -> None:
    with pytest.raises(Invalid, match=r"expected more than digits and dots between \{timestamp\} and \{id\}"):
        compiled(_text(signed))


@pytest.mark.parametrize("signed", ["{id}.{timestamp}.{body}", "{timestamp}:{id}.{body}", "{timestamp}{body}"])
def test_what_is_signed_as_providers_do_is_taken(signed: str) -> None:
    assert any(channel.kind == "hmac" for channel in compiled(_text(signed)).channels.values())
