from __future__ import annotations

import pytest

from lockhouse.errors import Invalid
from lockhouse.policy.document import parse, render
from lockhouse.policy.words import CLASSES
from tests.unit.policy.worlds import EXAMPLE, SMALL, document, template

PROBLEMS = [
    # what is replaced, by what, and what the message says
    ("about: Care,", "abuot: Care,", "policy.yaml:5:10: expected one of about, basis, keep, soft_opt_in,"),
    ("about: Care,", "abuot: Care,", "got 'abuot' (did you mean 'about'?)"),
    ("for: [care, news]", "for: [care, newz]", "8:52: expected one of care, news, got 'newz' (did you mean 'news'?)"),
    ("basis: consent", "basis: concent", "got 'concent' (did you mean 'consent'?)"),
    ("basis: contract", "basis: {us: contract}", "expected a key 'default', got none"),
    ("basis: contract", "basis: {default: contract, moon: consent}", "expected 'default' or a region such as"),
    ("basis: contract", "basis: {default: contract, DE: consent}", "expected 'default' or a region such as"),
    ("keep: 12 months after event", "keep: 12 months", "expected 'N months after event' or"),
    ("keep: 12 months after event", "keep: 9999 months after event", "expected 'N months after event' or"),
    ("  care: {", "  requests: {about: x, basis: consent, keep: 1 day after event}\n  care: {", "not built in"),
    ("  care: {", "  Care Of: {}\n  care: {", "expected a purpose name"),
    ("type: text", "type: txt", "got 'txt' (did you mean 'text'?)"),
    ("class: profile", "class: profil", "got 'profil' (did you mean 'profile'?)"),
    ("for: [care]}\nevents", "for: []}\nevents", "at least one purpose"),
    ("class: profile, for: [care]", "class: profile", "expected a key 'for', got none"),
    ("class: profile", "class: special", "expected a 'condition' of GDPR Art. 9(2) on class special, got none"),
    ("class: profile", "class: profile, condition: research", "'condition' on class special only"),
    ("class: profile", "class: special, condition: explicit_consent", "only with purposes whose basis is consent"),
    ("identifies: person", "identifies: device", "expected 'person', got 'device'"),
    ("class: profile", "class: profile, identifies: person", "no 'identifies' on type text"),
    ("class: profile", "class: profile, find_by: [last4]", "expected one of exact, surname, got 'last4'"),
    ("type: text, class: profile", "type: money, class: profile, find_by: [exact]", "no 'find_by' on type money"),
    ("class: profile", "class: profile, minimise: network", "expected one of coarse_geo, redact_identifiers, truncate"),
    ("class: profile", "class: profile, minimise: coarse_geo 2", "expected 'coarse_geo' alone"),
    ("type: text", "type: money, minimise: coarse_geo", "expected one of nothing here, got 'coarse_geo'"),
    ("class: profile", "class: profile, minimise: truncate", "expected 'truncate N' with N from 1 to 1000"),
    ("class: profile", "class: profile, mask: last4", "expected one of first, hidden, got 'last4'"),
    ("class: profile", "class: profile, clear: true", "'clear' on countries, numbers"),
    ("identifies: person", "identifies: person, nobody: [till]", "expected an e-mail address, or '@' and a domain"),
    ("identifies: person", "identifies: person, nobody: ['@Shop.example']", "expected an e-mail address, or '@'"),
    ("identifies: person", "identifies: person, nobody: [7]", "expected an e-mail address, or '@' and a domain"),
    ("identifies: person", "identifies: person, nobody: [A@b.example, a@b.example]", "each value once, got one of"),
    ("class: profile", "class: profile, nobody: [x]", "'nobody' beside 'identifies' only"),
    ("identifies: person", "identifies: person, clear: true", "expected identifiers sealed"),
    ("type: text, class: profile", "type: date, class: profile, clear: true", "a clear date coarsened"),
    ("type: text, class: profile", "type: integer, clear: true, condition: research, class: special", "classes sealed"),
    ("class: profile", "class: profile, clear: yes", "expected true or false, got 'yes'"),
    ("class: profile", "class: profile, of: {a: text}", "'of' on lists only"),
    ("type: text", "type: list", "expected a key 'of', got none"),
    ("type: text", "type: list, of: {sku: list}", "got 'list'"),
    ("[email, note]", "[email, nota]", "expected one of email, note, got 'nota' (did you mean 'note'?)"),
    ("[email, note]", "[email, email]", "expected each word once, got 'email' again"),
    ("kind: segment, key: public", "kind: segment", "expected a key 'key', got none"),
    ("kind: segment", "kind: sgment", "got 'sgment' (did you mean 'segment'?)"),
    ("kind: segment, key: public", "kind: square, key: public", "no 'key' on kind square"),
    ("key: public", "key: public, events: [Sen]", "expected 'Seen', got 'Sen' (did you mean 'Seen'?)"),
    ("key: public", "key: secret, origins: [https://shop.example]", "'origins' on channels with 'key: public' only"),
    ("key: public", "key: public, origins: ['*']", "expected an origin such as"),
    ("key: public", "key: public, stage: alive", "got 'alive' (did you mean 'live'?)"),
    ("key: public", "key: public, map: {emial: a.b}", "got 'emial' (did you mean 'email'?)"),
    ("key: public", "key: public, map: {email: a..b}", "expected a dotted path"),
    ("key: public", "key: public, proves: [note]", "expected 'email', got 'note'"),
    ("key: public", "key: public, country: xx", "ISO 3166-1"),
    ("for: [care], see", "for: [caring], see", "got 'caring' (did you mean 'care'?)"),
    ("for: [care], see", "see", "expected a purpose under 'for'"),
    ("contact: masked", "contcat: masked", "got 'contcat' (did you mean 'contact'?)"),
    ("contact: masked", "contact: maskd", "got 'maskd' (did you mean 'masked'?)"),
    ("contact: masked}", "contact: masked}, reveal: {contact: {reason: needed}}", "expected 'required', got 'needed'"),
    ("contact: masked}", "contact: masked}, reveal: {contact: {step_up: 8 hours}}", "expected a key 'reason'"),
    ("contact: masked}", "contact: masked}, reveal: {contact: {reason: required, step_up: soon}}", "'N minutes|hours"),
    ("contact: masked}", "contact: masked}, training: [yoga]", "expected one of nothing here, got 'yoga'"),
    ("contact: masked}", "contact: masked}, may: [poicy.read]", "got 'poicy' (did you mean 'policy'?)"),
    ("contact: masked}", "contact: masked}, may: [everything]", "expected a permission such as"),
    ("contact: masked}", "contact: masked}, limits: {persons_per_hour: 0}", "expected a whole number from 1"),
    ("policy: 1", "policy: 1\nceilings: {contcat: {persons_per_hour: 5}}", "got 'contcat' (did you mean 'contact'?)"),
    ("policy: 1", "policy: 1\nceilings: {contact: {mode: observe}}", "expected a key 'persons_per_hour'"),
    ("policy: 1", "policy: 1\nceilings: {contact: {persons_per_hour: none}}", "expected a whole number from 1"),
    ("contact: masked}", "contact: masked}, networks: [10.0.0.0/99]", "expected a network such as"),
    ("policy: 1", "policy: 2", "expected format version 1, got '2'"),
    ("policy: 1", "policy: 1\nextends: retail@9", "the name of a template such as retail@1"),
    ("policy: 1", "policy: 1\nclasses: [Upper]", "expected a class name"),
    ("policy: 1", "policy: 1\nseparate: {roles: [[clerk]]}", "expected a list of at least two"),
    ("policy: 1", "policy: 1\nseparate: {roles: [[clerk, admn]]}", "expected 'clerk', got 'admn'"),
    ("policy: 1", "policy: 1\nconsent: {absent: granted}", "expected 'denied', got 'granted'"),
    ("policy: 1", "policy: 1\nconsent: {names: {Ads: care}}", "expected 'news', got 'care'"),
    ("policy: 1", "policy: 1\nrecipint: {}", "got 'recipint' (did you mean 'recipients'?)"),
    ("regulations: [gdpr]", "regulations: [gdpr, hipaa]", "got 'hipaa'"),
    ("regulations: [gdpr]", "regulations: [gdpr], region: {from: [email]}", "nothing here, got 'email'"),
    ("regulations: [gdpr]", "regulations: [gdpr], region: {unknown: lax}", "expected 'strictest' or a region"),
    ("privacy@shop.example", "somewhere", "an e-mail address or an https:// address"),
    ("name: Small Shop, ", "", "expected a key 'name', got none"),
]  # fmt: skip
RECIPIENT = (
    "policy: 1\nrecipients: {{to: {{kind: segment, role: internal, for: [care], fields: [email], url: {url}{more}}}}}"
)
RECIPIENT_PROBLEMS = [
    ("http://elsewhere.example", "", "expected an https:// address"),
    ("https://user@elsewhere.example", "", "expected an https:// address"),
    ("https://ok.example", ", review: tomorrow", "expected a day such as 2027-03-01"),
    ("https://ok.example", ", region: moon", "expected a region such as"),
    ("https://ok.example", ", every: often", "expected 'N minutes|hours|days'"),
    ("https://ok.example", ", safeguard: hope", "got 'hope'"),
]


@pytest.mark.parametrize(("old", "new", "says"), PROBLEMS)
def test_each_problem_says_where_what_was_expected_and_what_is_nearest(old: str, new: str, says: str) -> None:
    assert old in SMALL
    with pytest.raises(Invalid) as caught:
        document(SMALL.replace(old, new, 1))
    found = [problem for problem in caught.value.problems if says in problem]
    assert found, caught.value.problems
    assert found[0].startswith(("policy.yaml:", "retail@1.yaml:"))
    assert all(part.isdigit() for part in found[0].split(":")[1:3])


@pytest.mark.parametrize(("url", "more", "says"), RECIPIENT_PROBLEMS)
def test_a_recipient_is_named_down_to_its_address(url: str, more: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        document(SMALL.replace("policy: 1", RECIPIENT.format(url=url, more=more)))
    assert any(says in problem for problem in caught.value.problems)


def test_a_recipient_gets_only_fields_it_shares_a_purpose_with() -> None:
    sent = "fields: [device_id, order_total, items, page_path]"
    with pytest.raises(Invalid) as caught:
        document(EXAMPLE.replace(sent, sent.replace("]", ", email]")))
    assert [problem.partition(": ")[2] for problem in caught.value.problems] == [
        "expected fields that share a purpose with 'rudderstack', got 'email', which has none"
    ]


def test_a_processor_needs_a_contract_a_review_and_a_way_to_erase() -> None:
    text = EXAMPLE
    for line in ("    contract: DPA-2026-014\n", "    review: 2027-03-01\n"):
        assert line in text
        text = text.replace(line, "")
    with pytest.raises(Invalid) as caught:
        document(text)
    assert len(caught.value.problems) == 2


def test_a_stop_list_is_bounded_and_never_said_again() -> None:
    many = ", ".join(f"till-{n}@shop.example" for n in range(1_001))
    with pytest.raises(Invalid, match="expected at most 1000 values, got 1001") as refused:
        document(SMALL.replace("identifies: person", f"identifies: person, nobody: [{many}]"))
    assert "till-" not in str(refused.value)


def test_a_stop_list_stands_as_intake_keeps_its_values() -> None:
    listed = "nobody: [' Till@Shop.EXAMPLE', '@shop.example']"
    read = document(SMALL.replace("identifies: person", f"identifies: person, {listed}"))
    assert read.fields["email"].nobody == ("@shop.example", "till@shop.example")


def test_more_than_six_refusable_purposes_on_a_field_are_refused() -> None:
    names = [f"p{number}" for number in range(7)]
    purposes = "".join(f"  {name}: {{about: x, basis: consent, keep: 1 day after event}}\n" for name in names)
    text = SMALL.replace("fields:\n", f"{purposes}fields:\n", 1).replace(
        "[care]}\nevents", f"[{', '.join(names)}]}}\nevents"
    )
    with pytest.raises(Invalid, match="at most 6 purposes a person can refuse"):
        document(text)


def test_all_problems_come_at_once_in_the_order_of_the_text() -> None:
    with pytest.raises(Invalid) as caught:
        document(
            SMALL.replace("type: text", "type: txt").replace("basis: contract", "basis: contact").replace("clerk", "?")
        )
    lines = [int(problem.split(":")[1]) for problem in caught.value.problems]
    assert len(lines) >= 3
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("name", "got"),
    [("nope@1", "'nope@1'"), ("jane@example.org", "something that looks like a person's value"), ("[a]", "a list")],
)
def test_an_unknown_template_is_the_only_problem_that_is_named(name: str, got: str) -> None:
    with pytest.raises(Invalid) as caught:
        document(SMALL.replace("policy: 1", f"policy: 1\nextends: {name}").replace("type: text", "type: txt"))
    line = SMALL[: SMALL.index("policy: 1")].count("\n") + 2
    assert caught.value.problems == (
        f"policy.yaml:{line}:10: expected the name of a template such as retail@1, got {got}",
    )


@pytest.mark.parametrize("value", ["jane@example.org", "+49 151 123 45 67", "4111 1111 1111 1111"])
def test_no_message_holds_what_looks_like_a_persons_value(value: str) -> None:
    with pytest.raises(Invalid) as caught:
        document(SMALL.replace("type: text", f'type: "{value}"').replace("class: profile", f'class: "{value}"'))
    assert not any(value in problem for problem in caught.value.problems)
    assert any("looks like a person's value" in problem for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x 1\nb: 2", "got an anchor"),
        ("a: *x", "got an alias"),
        ("a: !!python/object:os.system 1", "got a tag"),
        ("a: [1", "got something that does not parse"),
        ("a:\n\tb: 1", "policy.yaml:2:1: expected YAML, which is indented by spaces, got a tab"),
        ("a:\n  \tb: 1\n  c: 2", "got a tab"),
        ("a: 1\na: 2", "expected each key once, got 'a' again"),
        ("a: 1\n---\nb: 2", "got a second one"),
        ("[" * 50, "at most 12 levels"),
        ("{a: 1}: 2", "expected a word as key"),
        ("- a", "expected a mapping, got a list"),
        ("", "expected a policy, got nothing"),
        ("a: '" + "x" * (1 << 20) + "'", "at most 1 MiB"),
    ],
)
def test_only_plain_yaml_is_read(text: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        document(text)
    assert any(says in problem for problem in caught.value.problems)


def test_a_key_that_stands_twice_hides_no_other_problem() -> None:
    with pytest.raises(Invalid) as caught:
        document(SMALL.replace("policy: 1", "policy: 1\npolicy: 1").replace("type: text", "type: txt"))
    assert "expected each key once, got 'policy' again" in caught.value.problems[0]
    assert "got 'txt'" in caught.value.problems[1]


def test_aliases_never_multiply() -> None:
    bomb = "a: &a [x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a,*a,*a]\n" for n in range(20))
    with pytest.raises(Invalid, match="anchor"):
        document(bomb)


def test_several_files_make_one_policy_and_share_no_key() -> None:
    head, tail = SMALL.split("fields:\n")
    assert parse({"a.yaml": head, "b.yaml": "fields:\n" + tail}, templates=template).fields == document(SMALL).fields
    again = "purposes:\n  care: {about: x, basis: contract, keep: 1 day after event}\n"
    with pytest.raises(Invalid) as caught:
        parse({"a.yaml": SMALL, "b.yaml": again + "policy: 1\n"}, templates=template)
    assert caught.value.problems == (
        "b.yaml:2:3: expected each key in one file only, got 'care' again",
        "b.yaml:3:1: expected each key in one file only, got 'policy' again",
    )


def test_the_house_wins_over_its_template_key_by_key() -> None:
    found = document()
    assert found.purposes["marketing"].keep is not None
    assert found.purposes["marketing"].keep.n == 36
    assert found.events["page"].fields == ("device_id", "ip", "page_path")
    assert "Products Searched" in found.events


def test_the_merged_policy_prints_as_yaml_that_means_the_same() -> None:
    found = document()
    again = parse({"merged.yaml": render(found)}, templates=template)
    assert "extends" not in render(found)
    assert (again.fields, again.roles, again.recipients) == (found.fields, found.roles, found.recipients)


def test_the_template_is_whole_but_for_its_controller() -> None:
    with pytest.raises(Invalid) as caught:
        document(template("retail@1"))
    assert caught.value.problems == ("policy.yaml:3:1: expected a key 'controller', got none",)
    assert document("policy: 1\nextends: retail@1\n" + SMALL.splitlines()[2] + "\n").roles["support"].for_ == (
        "fulfilment",
    )


def test_a_star_covers_every_class_but_special() -> None:
    officer = document().roles["privacy_officer"]
    assert set(officer.see) == set(officer.reveal) == set(CLASSES) - {"special"}
