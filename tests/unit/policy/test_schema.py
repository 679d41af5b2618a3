"""The schema that editors read takes every policy that ships and refuses the words that the reader refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import lockhouse.policy
from lockhouse.errors import Invalid
from lockhouse.policy.document import parse
from lockhouse.policy.reading import Problems, read
from lockhouse.policy.schema import schema
from lockhouse.policy.starter import starter
from tests.unit.policy.worlds import VECTORS, template
from tests.world import POLICY

SHIPPED = {
    **{path.name: path.read_text("utf-8") for path in (Path(lockhouse.policy.__file__).parent / "templates").iterdir()},
    **{path.name: path.read_text("utf-8") for path in VECTORS.glob("*.yaml")},
    "world": POLICY,
    "starter": starter("Shop", ("eu", "us"), ("web:segment:public", "till:segment:secret:email+phone", "square")),
}
WHOLE = """
policy: 1
controller: {name: Shop, contact: privacy@shop.example, regulations: [gdpr], country: de,
             region: {from: [place], unknown: strictest}}
purposes:
  care: {about: Care, basis: contract, keep: 12 months after event}
  news: {about: News, basis: {default: consent, us: opt_out}, keep: 30 days after event, sold_or_shared: true}
  heal: {about: Heal, basis: consent, keep: 1 year after last_activity}
consent: {absent: denied, names: {Ads: news}}
classes: [wallet]
fields:
  email: {type: email, class: contact, for: [care, news], identifies: person, mask: email}
  note: {type: text, class: wallet, for: [care], minimise: truncate 40, find_by: [exact]}
  place: {type: country, class: location, for: [care], clear: true}
  ill: {type: text, class: special, for: [heal], condition: explicit_consent}
  goods: {type: list, class: transactions, for: [care], of: {sku: text, price: money}}
events: {Seen: [email, note, place, ill, goods]}
channels:
  web: {kind: segment, key: public, origins: ["https://shop.example"], stage: trial, events: [Seen]}
  till: {kind: square, map: {note: a.b}, proves: [email], country: de}
recipients:
  tool: {kind: webhook, role: processor, for: [news], fields: [email], url: "https://tool.example", region: us,
         safeguard: scc, contract: DPA-1, review: 2027-03-01, erase: api, person: pseudonym, every: 2 hours}
  lake: {kind: csv, role: internal, for: [care], fields: [note], path: /lake}
roles:
  clerk: {for: [care], see: {"*": masked, wallet: full}, check: [contact], change: [contact], may: [ledger.read],
          reveal: {contact: {reason: [call], step_up: 5 minutes, grant: required}}, networks: [10.0.0.0/8],
          limits: {persons_per_hour: 5, export: never, mode: observe}, training: [basics]}
  boss: {may: [policy.*]}
separate: {roles: [[clerk, boss]], steps: [[policy.propose, policy.approve]]}
training: {basics: {every: 12 months, grace: 14 days after assigned}}
"""


def _plain(text: str) -> Any:
    problems = Problems()
    spot = read("p.yaml", text, problems)
    problems.stop()
    assert spot is not None
    return spot.plain()


VALIDATOR = jsonschema.Draft7Validator(schema())


def _refuses(text: str) -> bool:
    return not VALIDATOR.is_valid(_plain(text))


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(schema())


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_policy_that_ships_fits_the_schema(name: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(_plain(SHIPPED[name]))] == []


def test_a_policy_that_says_everything_is_read_and_fits() -> None:
    parse({"p.yaml": WHOLE}, templates=template)
    assert [error.message for error in VALIDATOR.iter_errors(_plain(WHOLE))] == []


WRONG = [
    ("policy: 1", "policy: 2"),
    ("training: {basics", "trainings: {basics"),
    ("name: Shop, contact", "nam: Shop, contact"),
    ("contact: privacy@shop.example", "contact: privacy"),
    ("regulations: [gdpr]", "regulations: [gpdr]"),
    ("unknown: strictest", "unknown: Strictest"),
    ("country: de,\n", "country: deu,\n"),
    ("basis: contract", "basis: contrat"),
    ("{default: consent, us: opt_out}", "{us: opt_out}"),
    ("{default: consent, us: opt_out}", "{default: consent, usa: opt_out}"),
    ("keep: 12 months after event", "keep: 12 months"),
    ("keep: 12 months after event", "kept: 12 months after event"),
    ("sold_or_shared: true", "sold_or_shared: maybe"),
    ("absent: denied", "absent: granted"),
    ("type: email,", "type: mail,"),
    ("mask: email", "mask: phone"),
    ("for: [care, news], identifies", "for: [], identifies"),
    ("identifies: person", "identifies: household"),
    ("minimise: truncate 40", "minimise: truncate"),
    ("minimise: truncate 40", "minimise: coarser"),
    ("minimise: truncate 40", "identifies: person"),
    ("find_by: [exact]", "find_by: [last4]"),
    ("find_by: [exact]", "clear: true"),
    ("find_by: [exact]", "of: text"),
    (", condition: explicit_consent", ""),
    ("for: [care], clear: true", "for: [care], clear: true, condition: research"),
    ("condition: explicit_consent", "condition: because"),
    (", of: {sku: text, price: money}", ""),
    ("of: {sku: text, price: money}", "of: {sku: words}"),
    ("kind: segment, key: public", "kind: segments, key: public"),
    ("key: public, origins", "key: open, origins"),
    ("key: public, origins", "origins"),
    ("key: public, origins", "key: secret, origins"),
    ("kind: square,", "kind: square, key: secret,"),
    ("stage: trial", "stage: test"),
    ("role: processor", "role: friend"),
    ("contract: DPA-1, ", ""),
    ("review: 2027-03-01", "review: soon"),
    ('url: "https://tool.example", ', ""),
    ("https://tool.example", "http://tool.example"),
    (", path: /lake", ""),
    ("safeguard: scc", "safeguard: none"),
    ("erase: api", "erase: mail"),
    ("every: 2 hours", "every: now and then"),
    ('see: {"*": masked', 'see: {"*": some'),
    ("may: [ledger.read]", "may: [ledgers.read]"),
    ("may: [ledger.read]", "may: [ledger]"),
    ("{reason: [call], step_up", "{step_up"),
    ("step_up: 5 minutes", "step_up: soon"),
    ("grant: required", "grant: perhaps"),
    ("persons_per_hour: 5", "persons_per_hour: 0"),
    ("mode: observe", "mode: watch"),
    ("networks: [10.0.0.0/8]", "networks: [office]"),
    ("roles: [[clerk, boss]]", "roles: [[clerk]]"),
    ("every: 12 months", "every: year"),
    ("grace: 14 days after assigned", "grace: 14 days"),
]


@pytest.mark.parametrize(("right", "wrong"), WRONG)
def test_what_the_reader_refuses_the_schema_refuses(right: str, wrong: str) -> None:
    assert right in WHOLE
    text = WHOLE.replace(right, wrong, 1)
    with pytest.raises(Invalid):
        parse({"p.yaml": text}, templates=template)
    assert _refuses(text)


PLACES: dict[str, tuple[str, ...]] = {
    "controller: {": ("properties", "controller"),
    "region: {": ("properties", "controller", "properties", "region"),
    "care: {": ("properties", "purposes", "additionalProperties"),
    "consent: {": ("properties", "consent"),
    "email: {": ("properties", "fields", "additionalProperties"),
    "web: {": ("properties", "channels", "additionalProperties"),
    "tool: {": ("properties", "recipients", "additionalProperties"),
    "clerk: {": ("properties", "roles", "additionalProperties"),
    "limits: {": ("properties", "roles", "additionalProperties", "properties", "limits"),
    "separate: {": ("properties", "separate"),
    "basics: {": ("properties", "training", "additionalProperties"),
}


@pytest.mark.parametrize("place", sorted(PLACES))
def test_the_schema_knows_the_same_keys_as_the_reader(place: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse({"p.yaml": WHOLE.replace(place, f"{place}zzzzzz: 1, ", 1)}, templates=template)
    [said] = [one for one in caught.value.problems if "got 'zzzzzz'" in one]
    listed = re.search(r"expected one of (.*), got", said)
    assert listed is not None
    found: Any = schema()
    for step in PLACES[place]:
        found = found[step]
    assert listed.group(1).split(", ") == sorted(found["properties"])
