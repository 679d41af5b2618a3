"""Somebody, or the program that they pasted from, puts characters that are not seen into a number or an address."""

from __future__ import annotations

import pytest

from lockhouse.policy.types import redact

CARD = "4111111111111111"
UNSEEN = {
    "joiners": "\u200c\u200d", "invisible operators": "\u2061\u2062\u2063\u2064", "grapheme joiner": "\u034f",
    "Mongolian": "\u180b\u180e\u180f", "Hangul fillers": "\u115f\u1160\u3164\uffa0", "Khmer": "\u17b4\u17b5",
    "variation selectors": "\ufe00\ufe0f\U000e0100", "tags": "\U000e0020\U000e007f", "directions": "\u200e\u202e\u2066",
    "deprecated": "\u206a\u206f", "shorthand": "\U0001bca0", "music": "\U0001d173", "keycaps": "\u20e3",
    "old ones": "\u00ad\u200b\u2060\ufeff",
}  # fmt: skip


@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN.keys())
def test_what_is_not_seen_hides_nothing(unseen: str) -> None:
    for one in unseen:
        grouped = one.join(CARD[at : at + 4] for at in range(0, 16, 4))
        assert redact.text(f"card {grouped} thanks") == "card [card] thanks"
        assert redact.text(f"card {one.join(CARD)}{one} thanks") == "card [card] thanks"
        assert redact.identifiers(f"write to an{one}na@exam{one}ple.com soon") == "write to [e-mail] soon"
        assert redact.identifiers(f"call +49 30{one} 90{one}1820 soon") == "call [phone] soon"


def test_a_text_in_which_nothing_is_found_stays_as_it_was() -> None:
    family = "the \U0001f468\u200d\U0001f469\u200d\U0001f467 came at 1\ufe0f\u20e30\ufe0f\u20e3, "
    family += "\u06a9\u062a\u0627\u0628\u200c\u0647\u0627"
    assert redact.identifiers(redact.text(family)) == family
