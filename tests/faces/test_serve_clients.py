"""Unmodified public clients send every call over TLS to a served house; what is stored opens to what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.flows import look
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Record
from lockhouse.wiring import opened
from tests.faces import public_clients as clients
from tests.faces.browser import Site, browsing
from tests.faces.collect_world import Certificate
from tests.faces.collect_world import served as site_served
from tests.faces.serve_world import Place, make_place, run, served, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

POLICY = """
policy: 1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr]}
purposes:
  fulfilment: {about: Deliver what you ordered, basis: contract, keep: 24 months after last_activity}
fields:
  user_id: {type: id, class: identity, for: [fulfilment], identifies: person}
  device_id: {type: id, class: identity, for: [fulfilment], identifies: device}
  previous_id: {type: id, class: identity, for: [fulfilment]}
  group_id: {type: id, class: identity, for: [fulfilment]}
  email: {type: email, class: contact, for: [fulfilment], identifies: person}
  plan: {type: text, class: profile, for: [fulfilment]}
  order_id: {type: id, class: transactions, for: [fulfilment]}
  order_total: {type: money, class: transactions, for: [fulfilment]}
  page_path: {type: text, class: behaviour, for: [fulfilment]}
  shown: {type: text, class: behaviour, for: [fulfilment]}
events:
  identify: [user_id, email]
  Order Completed: [user_id, order_id, order_total]
  page: [device_id, page_path]
  screen: [user_id, shown]
  group: [user_id, group_id, plan]
  alias: [user_id, previous_id]
channels:
  backend: {kind: segment, key: secret}
  web: {kind: segment, key: public, origins: [https://shop.example]}
roles:
  support: {for: [fulfilment], see: {"*": full}}
"""
SENT = {
    ("user_id", "u-1"): {
        "identify": {"user_id": "u-1", "email": "jane@shop.example"},
        "Order Completed": {"user_id": "u-1", "order_id": "o-1", "order_total": "12.5"},
        "screen": {"user_id": "u-1", "shown": "3 items"},
        "group": {"user_id": "u-1", "group_id": "g-1", "plan": "gold"},
    },
    ("user_id", "u-2"): {"alias": {"user_id": "u-2", "previous_id": "u-1"}},
    ("device_id", "d-1"): {"page": {"device_id": "d-1", "page_path": "/start"}},
}


async def _opened(
    place: Place, people: Iterable[tuple[str, str]] = tuple(SENT)
) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """Of everybody who sent: their events, each with its values as staff see them."""
    found = {}
    async with opened(place.folder, role="console") as house:
        actor = Actor(id="os-user:1000", kind="os-user", roles=("support",))
        for by, value in people:
            ask = await look.ask_of(house.house, actor, action="timeline", purpose=None)
            [view] = (await look.find(house.house, ask, by=by, value=value)).persons
            found[by, value] = {
                one.event: {name: field.value for name, field in one.fields.items()} for one in view.timeline
            }
    return found


@pytest.mark.parametrize(
    "send", [clients.segment_python, clients.segment_node, clients.rudder_python, clients.rudder_node]
)
def test_every_call_of_a_public_client_is_stored_and_opens_to_what_was_sent(
    tmp_path: Path, send: Callable[..., list[str]]
) -> None:
    place: Place = run(make_place(tmp_path, policy=None))
    run(place.approve(POLICY))
    key = run(place.make_key())
    certificate = Certificate.make(tmp_path)
    place.set(tls="files", tls_cert=str(certificate.chain), tls_key=str(certificate.key))
    with served(place):
        assert send(place.url, key, certificate.authority) == []
        assert len(run(place.rows(Record))) == 6
        assert run(_opened(place)) == SENT


@pytest.mark.parametrize(("page", "calls"), [("segment", 6), ("rudder", 5)])
def test_every_call_of_a_public_library_in_a_page_is_stored_and_opens_to_what_was_sent(
    tmp_path: Path, page: str, calls: int
) -> None:
    place: Place = run(make_place(tmp_path, policy=None))
    run(place.approve(POLICY))
    key = run(place.make_key("web"))
    certificate = Certificate.make(tmp_path)
    place.set(tls="files", tls_cert=str(certificate.chain), tls_key=str(certificate.key))
    port = int(place.settings.listen_collect.rpartition(":")[2])
    site = Site(page, {"key": key, "calls": "all", "settle_ms": 1_500})
    with served(place), site_served(site, tls=certificate) as theirs:
        names = {"collect.shop.example": port, "shop.example": theirs}
        with browsing("https://shop.example/", folder=tmp_path, certificate=certificate, names=names):
            assert site.told().errors == []
            until(lambda: len(run(place.rows(Record))) == calls, 30)
        stored = run(_opened(place, [("user_id", "u-1")]))["user_id", "u-1"]
    assert stored["identify"]["email"] == "jane@shop.example"
    assert stored["Order Completed"]["order_total"] == "12.5"
    assert stored["group"]["plan"] == "gold"
