from __future__ import annotations

import pytest

from lockhouse.errors import Invalid
from lockhouse.model.policy import decode_policy, encode_policy
from lockhouse.policy.diff import diff, markdown, render, uncarried
from lockhouse.policy.starter import PROVABLE, read_system, starter
from tests.unit.policy.worlds import EXAMPLE, compiled

CHANGES = [
    # what is replaced, by what, where it shows, whether it widens
    ("Unsubscribed:    [email]", "Unsubscribed:    [email, phone]", "newly_kept", True),
    ("for: [fulfilment], identifies: person, find_by", "for: [fulfilment, marketing], identifies: person, find_by",
     "newly_kept", True),
    (", minimise: year", "", "newly_kept", True),
    ("keep: 36 months after last_activity", "keep: 48 months after last_activity", "longer", True),
    ("keep: 36 months after last_activity", "keep: 36 months after event", "shorter", False),
    ("keep: 84 months after event", "keep: 72 months after event", "shorter", False),
    ("transactions: full}", "transactions: full, location: masked}", "readable_by_more", True),
    ("transactions: full}", "transactions: masked}", "readable_by_less", False),
    ("step_up: 8 hours", "step_up: 9 hours", "readable_by_more", True),
    ("step_up: 8 hours", "step_up: 5 minutes", "readable_by_less", False),
    ("[call back, delivery problem, other]", "required", "readable_by_more", True),
    ("[call back, delivery problem, other]", "[other]", "readable_by_less", False),
    ("training: [privacy-basics, phishing]", "training: [phishing]", "readable_by_more", True),
    ("mode: observe}", "mode: enforce}", "readable_by_less", False),
    ("fields: [email, name, loyalty_id]", "fields: [email, name, loyalty_id, birth_date]", "sent_to_more", True),
    ("fields: [email, name, loyalty_id]", "fields: [email]", "sent_to_less", False),
    ("https://rudder.internal.example", "https://elsewhere.example", "sent_to_more", True),
    ("review: 2027-03-01", "review: 2029-03-01", "sent_to_more", True),
    ("{default: consent, us: opt_out}", "opt_out", "loosened", True),
    ("basis: legitimate_interest", "basis: consent", "tightened", False),
    ("sold_or_shared: true", "sold_or_shared: false", "loosened", True),
    ("C0004: marketing ", "C0009: marketing ", "loosened", True),
    ("unknown: strictest", "unknown: us", "loosened", True),
    ("roles: [[admin, privacy_officer]]", "roles: []", "loosened", True),
    ("auditor: {may: [ledger.read", "auditor: {may: [ledger.*", "loosened", True),
    ("origins: [https://shop.example]", "origins: [https://shop.example, https://b.example]", "loosened", True),
    ("stage: live  ", "stage: trial ", "loosened", True),
    ("    erase: api", "    erase: task", "tightened", True),
    ("identifies: person, find_by", "identifies: person, nobody: ['+390255512345'], find_by", "loosened", True),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "widens"), CHANGES)
def test_a_change_shows_where_it_acts(old: str, new: str, where: str, widens: bool) -> None:  # noqa: FBT001 - a column
    assert old in EXAMPLE
    effects = diff(compiled(), compiled(EXAMPLE.replace(old, new)))
    assert getattr(effects, where)
    assert effects.widening is widens


@pytest.mark.parametrize(("old", "new"), [(old, new) for old, new, _, _ in CHANGES])
def test_the_way_back_undoes_what_the_way_there_did(old: str, new: str) -> None:
    there = diff(compiled(), compiled(EXAMPLE.replace(old, new)))
    back = diff(compiled(EXAMPLE.replace(old, new)), compiled())
    assert (there.newly_kept, there.sent_to_more) == (back.no_longer_kept, back.sent_to_less)
    assert (there.readable_by_more, there.readable_by_less) == (back.readable_by_less, back.readable_by_more)


def test_a_stop_list_shows_no_value_and_tells_one_from_another() -> None:
    listed = "identifies: person, nobody: ['+390255512345', '+390255612345'], find_by"
    effects = diff(compiled(), compiled(EXAMPLE.replace("identifies: person, find_by", listed)))
    assert len(effects.loosened) == 2
    assert all("stands for nobody" in line and "55512" not in line for line in effects.loosened)


def test_the_same_policy_in_other_words_has_no_effect() -> None:
    effects = diff(compiled(), compiled(EXAMPLE.replace("Deliver and support what you ordered", "Send it") + "\n# x\n"))
    assert render(effects) == "No effect: the two policies do the same.\n"
    assert not effects.widening


def test_another_contact_is_an_effect_that_widens_nothing() -> None:
    effects = diff(compiled(), compiled(EXAMPLE.replace("privacy@northwind.example", "dpo@northwind.example")))
    assert effects.told == ("controller.contact is dpo@northwind.example (was privacy@northwind.example)",)
    assert not effects.widening
    assert render(effects).splitlines() == [
        "Told to customers otherwise:",
        f"  {effects.told[0]}",
        "Nothing else changes.",
    ]
    assert diff(None, compiled()).told == ()


NOTED = EXAMPLE.replace("\nfields:\n", "\nfields:\n  gift_note: {type: text, class: contact, for: [fulfilment]}\n")


def test_a_field_that_no_event_carries_is_said_to_be_that_and_not_newly_kept() -> None:
    effects = diff(compiled(), compiled(NOTED))
    assert (effects.uncarried, effects.newly_kept) == (("gift_note",), ())
    assert "no event" not in render(effects)
    assert "Declared, and kept of nothing until an event under `events` carries it:\n  gift_note\n" in render(effects)
    carried = NOTED.replace("Unsubscribed:    [email]", "Unsubscribed:    [email, gift_note]")
    after = diff(compiled(NOTED), compiled(carried))
    assert after.uncarried == ()
    assert "gift_note as text of class contact as sent" in after.newly_kept
    assert diff(compiled(NOTED), compiled(NOTED)).uncarried == ()


def test_a_public_channel_without_origins_lets_no_page_in_so_that_taking_them_away_narrows() -> None:
    effects = diff(compiled(), compiled(EXAMPLE.replace("origins: [https://shop.example]", "origins: []")))
    assert (effects.loosened, effects.widening) == ((), False)
    assert effects.tightened == ("no longer: channel web takes requests from https://shop.example",)


def test_a_first_policy_is_all_new() -> None:
    effects = diff(None, compiled())
    assert effects.widening
    assert "email for fulfilment, from Order Completed on backend" in effects.newly_kept
    assert not effects.no_longer_kept
    assert not effects.readable_by_less


def test_effects_print_what_widens_first() -> None:
    text = EXAMPLE.replace("keep: 36 months after last_activity", "keep: 48 months after last_activity")
    printed = render(diff(compiled(), compiled(text.replace("transactions: full}", "transactions: masked}"))))
    assert printed.index("Kept longer:") < printed.index("Readable by less:")
    assert "  marketing: 48 months after last_activity (was 36 months after last_activity)" in printed
    assert printed.endswith("This widens what is done with data.\n")


def test_the_starter_is_short_and_valid_as_it_stands() -> None:
    text = starter('Ann\'s "Shop": 1', ["eu", "us", "uk"], ["web:segment:public", "backend", "square"])
    policy = compiled(text)
    assert text.count("\n") <= 60
    assert policy.controller.name == 'Ann\'s "Shop": 1'
    assert policy.controller.regulations == ("gdpr", "ccpa", "uk-gdpr")
    assert {name: one.assurance_key for name, one in policy.channels.items()} == {
        "web": "public", "backend": "secret", "square": None,
    }  # fmt: skip
    assert compiled(starter("", [], [])).channels["web"].served


def test_the_starters_comments_are_valid_once_uncommented() -> None:
    lines = starter("Shop", ["eu"], ["web"]).splitlines()
    free = [
        line[2:] if line.startswith(("#   ", "# purposes", "# fields", "# events", "# consent", "# recip")) else line
        for line in lines
    ]
    policy = compiled("\n".join(free) + "\n")
    assert set(policy.recipients) == {"analytics-tool"}
    assert "gift_note" in policy.fields
    assert uncarried(policy) == ()
    assert "https://shop.example" in compiled("\n".join(free).replace("# origins", "origins")).channels["web"].origins


@pytest.mark.parametrize(("regions", "systems"), [(["moon"], ["web"]), (["eu"], ["web:telex"])])
def test_the_starter_refuses_words_the_policy_does_not_know(regions: list[str], systems: list[str]) -> None:
    with pytest.raises(Invalid):
        starter("Shop", regions, systems)


def test_what_is_wrong_with_a_system_is_said_by_its_place_and_never_repeated() -> None:
    wrong = [("Web", "name"), ("web:telex", "kind"), ("web:shopify", "kind"), ("web:segment:open", "key")]
    for text, part in wrong:
        with pytest.raises(Invalid, match=f"^system 2, {part}: expected ") as raised:
            read_system(text, where="system 2", kinds=("segment",))
        assert text.rpartition(":")[2] not in raised.value.text
    assert read_system("shop", where="system 1") == ("shop", "segment", "secret", ())
    assert read_system("web", where="system 1") == ("web", "segment", "public", ()), "anybody can read a page's key"
    assert read_system("web:segment:secret", where="system 1") == ("web", "segment", "secret", ())
    assert read_system("shopify", where="system 1") == ("shopify", "shopify", None, ())


def test_the_starter_says_what_a_system_proves_and_leaves_a_line_for_it_where_nobody_said() -> None:
    text = starter("Shop", ["eu"], ["web", "shop:segment:secret:email+customer_id", "till", "shopify:shopify::phone"])
    assert {name: one.proves for name, one in compiled(text).channels.items()} == {
        "web": (), "shop": ("email", "customer_id"), "till": (), "shopify": ("phone",),
    }  # fmt: skip
    assert text.count("# proves: [email]") == 1
    assert compiled(text.replace("# proves", "proves")).channels["till"].proves == ("email",)


def test_what_a_system_proves_are_the_templates_own_identifiers_of_persons() -> None:
    fields = compiled(starter("Shop", ["eu"], ["web"])).fields
    assert sorted(PROVABLE) == sorted(name for name, one in fields.items() if one.identifies == "person")


@pytest.mark.parametrize(
    "text", ["web:segment:public:email", "web:::email", "shop:segment:secret:name", "shop:segment:secret:email:phone"]
)
def test_a_public_key_proves_nothing_and_a_name_is_no_proof(text: str) -> None:
    with pytest.raises(Invalid, match=r"^system 1, what it proves: expected some of customer_id, email"):
        read_system(text, where="system 1")


def test_the_diff_for_a_pull_request_says_what_widens_first_and_stays_the_same() -> None:
    text = EXAMPLE.replace("Unsubscribed:    [email]", "Unsubscribed:    [email, phone]")
    text = text.replace("keep: 84 months after event", "keep: 72 months after event")
    text = text.replace("keep: 36 months after last_activity", "keep: 48 months after last_activity")
    text = text.replace("transactions: full}", "transactions: full, location: masked}")
    text = text.replace("fields: [email, name, loyalty_id]", "fields: [email, name, loyalty_id, birth_date]")
    said = markdown(diff(compiled(), compiled(text)), head="Draft against live v1")
    assert said == markdown(
        diff(compiled(), decode_policy(encode_policy(compiled(text)))), head="Draft against live v1"
    )
    assert said.startswith("## Draft against live v1\n\n**This widens what is done with data.**\n\n### Newly kept (")
    assert "\n- `phone for fulfilment, from Unsubscribed on backend`\n" in said
    assert (
        "\n### Kept longer (1)\n\n- `marketing: 48 months after last_activity (was 36 months after last_activity)`\n"
        in said
    )
    assert "\n- `shipping_country masked as whole by support for fulfilment`\n" in said
    assert "\n### Sent to more (1)\n\n- `birth_date to klaviyo for marketing`\n" in said
    assert "\n### Kept shorter (1)\n\n- `accounting: 72 months after event (was 84 months after event)`\n" in said
    assert said.index("### Kept longer") < said.index("### Readable by more") < said.index("### Kept shorter")


def test_no_word_of_a_policy_acts_in_a_pull_request() -> None:
    text = EXAMPLE.replace("Advertising: marketing", '"`@all` <img src=x>": marketing')
    lines = markdown(diff(compiled(), compiled(text)), head="Draft").splitlines()
    [line] = [one for one in lines if "@all" in one and "no longer" not in one]
    assert line == "- `the banner's word '@all' <img src=x> means marketing`"


def test_the_diff_of_the_same_policy_says_so() -> None:
    said = markdown(diff(compiled(), compiled()), head="Draft")
    assert said == "## Draft\n\n**No effect: the two policies do the same.**\n"
