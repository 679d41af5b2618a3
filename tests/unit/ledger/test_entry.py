"""What entries say, kind by kind, and what they refuse to say."""

from __future__ import annotations

import pytest

from lockhouse.crypto.merkle import leaf_hash, root
from lockhouse.crypto.noted import Notary, Noted
from lockhouse.errors import Invalid
from lockhouse.ledger import entry as kinds
from lockhouse.ledger.append import LaneState, append
from lockhouse.ledger.entry import KINDS, Body, Gone, deletion_of, parse_entry, refs_root, salted, serials_root
from tests.unit.ledger.logs import ORIGIN, START, disclosure, some

H16, H32 = some("sixteen").hex(), some("thirty-two", 32).hex()
AUTHOR = "staff:7f3a"
EVERY: list[Body] = [
    disclosure(ask=H16),
    kinds.Rework(
        actor="service:work", purpose="service", action="reseal", compartments=[1], count=1, refs_root=H32, cause="job"
    ),
    kinds.Refusal(
        actor=AUTHOR,
        role="agent",
        purpose="service",
        action="read",
        reason="ticket",
        fields=[1],
        because=["no-rule"],
        count=1,
        ask=H16,
    ),
    kinds.Quota(actor="service:t1", owner=AUTHOR, ask=H16, persons=61, counted=1, over=1, row=H32, place=H32),
    kinds.Refusals(door="collect", since=START, until=START + 1, counts={"LH-1001": 12}),
    kinds.Intake(count=1, root=H32),
    kinds.Reseal(count=1, root=H32, by=H16),
    kinds.Deletion(cause="epoch", by=H16, count=1, root=H32),
    kinds.Import(step="done", batch=H16, channel=1, by=AUTHOR, stored=3),
    kinds.Undo(batch=H16, channel=1, by=AUTHOR),
    kinds.Consent(ref=H16, purpose=1, state=0, channel=2, signal="gpc", assurance=1, row=H32),
    kinds.Correction(
        change="made", ref=H16, field=3, by=AUTHOR, row=H32, place=H32, role="support", purpose="fulfilment", look=H16
    ),
    kinds.Suppression(change="made", purposes=[], reason="objection", by=AUTHOR, row=H32),
    kinds.Hold(
        change="reviewed",
        reason="lawsuit",
        basis="7-O-12-26",
        by=AUTHOR,
        persons=1,
        compartments=[],
        keys=5,
        review=START,
        row=H32,
        place=H32,
        hold=H16,
    ),
    kinds.Link(change="ended", a=H16, b=H16, proof=3, by=AUTHOR, row=H32),
    kinds.Policy(step="live", version=2, hash=H32, by=AUTHOR, before=1),
    kinds.Attestation(change="made", subject="staff:aa", fact="course.privacy", by=AUTHOR, row=H32),
    kinds.Credential(change="made", channel=1, assurance=2, by=AUTHOR, row=H32),
    kinds.Asked(
        step="settled", what="erasure", channel=1, persons=2, due=START, by=AUTHOR, row=H32, place=H32, reason="done"
    ),
    kinds.Pause(step="paused", what="channel", number=1, by=AUTHOR, row=H32, place=H32),
    kinds.Staff(step="invited", staff=H16, by="os-user:1000", row=H32, place=H32),
    kinds.Role(step="given", staff=H16, role="support", by=AUTHOR, proposed_by="staff:aa", row=H32, place=H32),
    kinds.AccessReview(step="signed", review=H16, by=AUTHOR, lines=3, ends=1, row=H32, place=H32),
    kinds.FailedSignIns(failures=3, since=1, until=2, staff=H16, network=H32, means="password"),
    kinds.Factor(step="added", staff=H16, factor=H16, means="passkey", by=AUTHOR, row=H32, place=H32),
    kinds.Grant(
        step="approved",
        grant=H16,
        staff=H16,
        by=AUTHOR,
        purpose="service",
        fields=["email"],
        persons=1,
        reason="call-back",
        row=H32,
        place=H32,
        until=START,
    ),
    kinds.Flag(change="made", ref=H16, reason="at-risk", by=AUTHOR, row=H32, place=H32),
    kinds.StaffIdentifier(change="made", staff=H16, identifier=H16, kind=1, by=AUTHOR, row=H32, place=H32),
    kinds.Session(step="begun", staff=H16, session=H16, by=AUTHOR, means="passkey", level=2),
    kinds.StepUp(staff=H16, session=H16, means="passkey", action="reveal", hash=H32),
    kinds.Token(
        change="rotated",
        token=H16,
        owner="os-user:1000",
        by=AUTHOR,
        may=["ledger.read", "request.*"],
        purposes=["fulfilment"],
        networks=2,
        until=START,
        row=H32,
        place=H32,
        role="support",
        follows=H16,
    ),
    kinds.Intent(what="person", case=H16, by=AUTHOR, reason="art-17", ref=H16),
    kinds.Cancellation(of=H16, what="compartment", case=H16, by=AUTHOR),
    kinds.Confirmation(run=H16, boxes=4_200, by=AUTHOR),
    kinds.Completion(of=H16, what="person", step="erased", serials=3, serials_root=H32, statement=H32),
    kinds.Key(step="rotated", purpose="kek", generation=2, by="local", count=9),
    kinds.Acceptance(what="clock", by=AUTHOR),
    kinds.Gap(log=ORIGIN, size=12, root=H32, reason="restore"),
    kinds.Backup(backup=H16, size=12, root=H32, hash=H32, by="service:work"),
    kinds.Restore(backup=H16, log=ORIGIN, size=12, root=H32, replayed=4, shut=False, by="local"),
    kinds.Doctor(counts={"PASS": 40, "FAIL": 1}, hash=H32, by="local"),
    kinds.Opened(version="0.1.0", vkey="k+00+AA==", by="local"),
]


def _bytes(body: Body) -> bytes:
    made, _ = append(
        LaneState("console"), house=some("house"), log=ORIGIN, id=some("id"), kind=body.KIND, body=body.body(), at=START
    )
    return made.body


def test_every_kind_is_registered_and_has_an_example_here() -> None:
    assert set(KINDS) == {body.KIND for body in EVERY}
    assert set(KINDS.values()) == set(Body.__subclasses__())


@pytest.mark.parametrize("body", EVERY, ids=lambda body: body.KIND)
def test_every_kind_reads_back_as_it_was_built(body: Body) -> None:
    entry = parse_entry(_bytes(body))
    assert entry.body == body
    assert (entry.kind, entry.house, entry.id, entry.n) == (body.KIND, some("house"), some("id"), 1)


def test_a_draft_carries_kind_and_body() -> None:
    draft = disclosure(ask=H16).draft(id=some("id"), lane="console", urgent=True)
    assert (draft.id, draft.lane, draft.kind, draft.urgent) == (some("id"), "console", "disclosure", True)
    assert draft.body["count"] == 1


@pytest.mark.parametrize("actor", ["Mia Berger", "mia@shop.example", "staff:mia@shop.example", "staff:a\n", ""])
def test_an_actor_that_is_a_name_is_refused_without_repeating_it(actor: str) -> None:
    body = kinds.Key(step="made", purpose="kek", generation=1, by=actor)
    with pytest.raises(Invalid, match=r"another form at \$\.by") as caught:
        body.body()
    assert not actor.strip() or actor not in str(caught.value)


def test_a_word_of_a_choice_that_is_wrong_is_not_repeated_either() -> None:
    body = kinds.Key(step="mia@shop.example", purpose="kek", generation=1, by="local")  # type: ignore[arg-type]
    with pytest.raises(Invalid) as caught:
        body.body()
    assert "mia" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        (b'"v":1', b'"v":2'),
        (b'"kind":"key"', b'"kind":"kye"'),
        (b'{"at":', b'{ "at":'),
        (b'"generation":1', b'"generation":1.5'),
        (b'"generation":1', b'"generation":1,"more":1'),
        (b'"by":"local",', b""),
        (b'"n":1', b'"n":0'),
        (b'"local"', b'"\xff"'),
    ],
)
def test_bytes_that_are_not_a_known_entry_are_invalid(change: tuple[bytes, bytes]) -> None:
    raw = _bytes(kinds.Key(step="made", purpose="kek", generation=1, by="local"))
    assert parse_entry(raw).kind == "key"
    assert change[0] in raw
    with pytest.raises(Invalid):
        parse_entry(raw.replace(*change))


def test_a_disclosure_makes_the_ticket_that_opens_boxes() -> None:
    refs = [some("b"), some("a")]
    raw = _bytes(disclosure(ask=H16, refs=refs))
    notary = Notary(some("house"))
    ticket = Noted.from_commit(  # house: allow one-door: shows that the entry is the one a gate needs
        house=some("house"),
        public=notary.public,
        entry_id=some("id"),
        entry=raw,
        signature=notary.sign(some("id"), leaf_hash(raw)),
        refs=refs,
    )
    assert ticket.covers(some("a"), 1, "service")
    assert not ticket.covers(some("c"), 1, "service")


def test_refs_and_serials_are_committed_to_in_ascending_order() -> None:
    parts = [some("b"), some("a")]
    expected = root([leaf_hash(part) for part in sorted(parts)]).hex()
    assert refs_root(parts) == serials_root(parts[::-1]) == expected


def test_a_text_beside_needs_a_salt_that_cannot_be_guessed() -> None:
    assert salted("ticket 4711", salt=some("salt")) != salted("ticket 4711", salt=some("other"))
    with pytest.raises(Invalid, match="16 bytes or more"):
        salted("ticket 4711", salt=b"short")


def test_a_row_hash_moves_with_table_key_and_content() -> None:
    base = kinds.row_hash("link", b"key", b"content")
    assert len({base, kinds.row_hash("consent", b"key", b"content"), kinds.row_hash("link", b"keyc", b"ontent")}) == 3


def test_a_deletion_does_not_depend_on_the_order_of_its_rows() -> None:
    rows = [Gone(some("b"), some("leaf b", 32)), Gone(some("a"), some("leaf a", 32))]
    assert deletion_of(rows, cause="epoch", by=some("by")) == deletion_of(rows[::-1], cause="epoch", by=some("by"))
    assert deletion_of(rows, cause="epoch", by=some("by")).root == root([row.leaf for row in sorted(rows)]).hex()
    for wrong in ([], [rows[0], rows[0]]):
        with pytest.raises(Invalid):
            deletion_of(wrong, cause="epoch", by=some("by"))
