"""A database administrator edits, adds, deletes or rolls back rows that give authority: they are named."""

from __future__ import annotations

import pytest

from tests.attack.lived_house import Lived


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return Lived(tmp_path_factory.mktemp("lived"))


def test_a_house_that_has_lived_is_clean(lived: Lived) -> None:
    seen = lived.desk.call("ledger verify --records --state", json=True)
    assert (seen.code, seen.value["findings"]) == (0, [])
    assert seen.value["state"]["untold"] == 0
    rows = seen.value["state"]["rows"]
    assert {table for table, number in rows.items() if number} == {
        "asked", "attestation", "consent", "correction", "credential", "erased_mark", "identifier", "intent", "link",
        "name", "pause", "person", "policy_version", "quota", "suppression", "token", "tombstone",
    }  # fmt: skip
    told = lived.desk.call("ledger verify --state").out
    assert f"{sum(rows.values())} rows with a MAC in {len(rows)} tables\n" in told
    assert told.endswith("Clean: the ledger and every row that gives authority is as it was signed.\n")


EDITS = {
    "a denial made a yes": ("consent", "UPDATE consent SET state = 1 WHERE state = 0"),
    "a word given to somebody else": (
        "consent", "UPDATE consent SET person = (SELECT id FROM person WHERE id <> consent.person) WHERE state = 0",
    ),
    "a key that was revoked opened again": (
        "credential", "UPDATE credential SET state = 0, until_at = NULL WHERE state = 1",
    ),
    "a request that was passed on made a settled one": ("asked", "UPDATE asked SET state = 1 WHERE state = 0"),
    "a request that was passed on made somebody else's": ("asked", "UPDATE asked SET persons = x'90'"),
    "a channel put back into service": ("pause", "UPDATE pause SET state = 0"),
    "a token prolonged": ("token", "UPDATE token SET until_at = until_at + 86400000 WHERE state = 0"),
    "a token of another role": (
        "token", "UPDATE token SET terms = (SELECT terms FROM token WHERE state = 1) WHERE state = 0",
    ),
    "a revoked token opened again": ("token", "UPDATE token SET state = 0 WHERE state = 1"),
    "a link made again": ("link", "UPDATE link SET undone_at = NULL WHERE undone_at IS NOT NULL"),
    "a grant prolonged": ("attestation", "UPDATE attestation SET until_at = until_at + 86400000"),
    "a suppression narrowed": ("suppression", "UPDATE suppression SET purposes = x'9101'"),
    "a policy's text": ("policy_version", "UPDATE policy_version SET document = x'00' WHERE id = 2"),
    "a policy that ruled before": ("policy_version", "UPDATE policy_version SET state = 1 WHERE id = 1"),
    "a purpose renamed": ("name", "UPDATE name SET name = 'other' WHERE kind = 'purpose' AND id = 1"),
    "an ending made an open one": ("intent", "UPDATE intent SET state = 0 WHERE kind = 'end-person'"),
    "a tombstone of another key": ("tombstone", "UPDATE tombstone SET person = zeroblob(16) WHERE compartment = 0"),
    "a person's region": ("person", "UPDATE person SET region = 'us' WHERE state = 0"),
    "an address pointed at another person": (
        "identifier", ("UPDATE identifier SET person = (SELECT max(id) FROM person) WHERE person = (SELECT min(person) "
        "FROM identifier)"),
    ),
    "a mark's dates": ("erased_mark", "UPDATE erased_mark SET until_at = 0"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "statement"), EDITS.values(), ids=EDITS.keys())
def test_an_edited_row_is_named(lived: Lived, table: str, statement: str) -> None:
    with lived.edited(table, statement):
        found = lived.findings()
    assert {one.kind for one in found} <= {"edited-row", "missing-row"}
    assert any(one.kind == "edited-row" and one.where.startswith(table.partition("_")[0]) for one in found)
    assert lived.findings() == []


PLANTED = {
    "a yes": (
        "consent", ("INSERT INTO consent SELECT person, purpose, at + 1, randomblob(16), 1, channel, signal, "
        "assurance, notice, entry, mac FROM consent WHERE state = 0 LIMIT 1"),
    ),
    "a write key": (
        "credential", ("INSERT INTO credential SELECT generation, randomblob(length(hash)), channel, assurance, shown, "
        "0, created_at, NULL, randomblob(16), randomblob(32) FROM credential LIMIT 1"),
    ),
    "a pause": (
        "pause", "INSERT INTO pause SELECT 'recipient', number, 1, at, by, randomblob(16), mac FROM pause",
    ),
    "a request": (
        "asked", ("INSERT INTO asked SELECT randomblob(16), channel, what, reference, persons, at, due_at, 0, NULL, "
        "by, '', randomblob(16), mac FROM asked LIMIT 1"),
    ),
    "a token": (
        "token", ("INSERT INTO token SELECT generation, randomblob(32), randomblob(16), owner, terms, shown, 0, "
        "made_at, until_at, by, follows, randomblob(16), randomblob(32) FROM token WHERE state = 0"),
    ),
    "a grant": (
        "attestation", ("INSERT INTO attestation SELECT 'os-user:1001', fact, until_at, by, at, entry, mac "
        "FROM attestation"),
    ),
    "a link": (
        "link", ("INSERT INTO link SELECT randomblob(16), a, b, kind, proof, from_at, NULL, NULL, entry, mac FROM link "
        "LIMIT 1"),
    ),
    "a suppression": (
        "suppression", ("INSERT INTO suppression SELECT kind, randomblob(length(tag)), purposes, reason, since, NULL, "
        "entry, mac FROM suppression LIMIT 1"),
    ),
    "a third policy": (
        "policy_version", ("INSERT INTO policy_version SELECT 3, hash, document, compiled, 1, at, by, entry, mac FROM "
        "policy_version WHERE id = 2"),
    ),
    "a tombstone": (
        "tombstone", ("INSERT INTO tombstone SELECT randomblob(8), person, compartment, at, cause, entry, mac FROM "
        "tombstone LIMIT 1"),
    ),
    "what shuts the house": (
        "read_shut", "INSERT INTO read_shut SELECT 'no-journal', at, by, entry, mac FROM policy_version LIMIT 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("table", "statement"), PLANTED.values(), ids=PLANTED.keys())
def test_an_added_row_is_named(lived: Lived, table: str, statement: str) -> None:
    with lived.edited(table, statement):
        [found] = lived.findings()
    assert found.kind == "edited-row"
    assert found.where.startswith(f"{table}, entry ")


DELETED = {
    "a denial": ("consent", "DELETE FROM consent WHERE state = 0 AND signal = 'staff'", "consent"),
    "the end of a write key": ("credential", "DELETE FROM credential WHERE state = 1", "credential"),
    "a write key": ("credential", "DELETE FROM credential WHERE state = 0", "credential"),
    "a pause": ("pause", "DELETE FROM pause", "pause"),
    "a request that is open": ("asked", "DELETE FROM asked WHERE state = 0", "asked"),
    "a request that was settled": ("asked", "DELETE FROM asked WHERE state = 1", "asked"),
    "the end of a token": ("token", "DELETE FROM token WHERE state = 1", "token"),
    "a suppression": ("suppression", "DELETE FROM suppression", "suppression"),
    "the end of a link": ("link", "DELETE FROM link WHERE undone_at IS NOT NULL", "link"),
    "the end of a grant": ("attestation", "DELETE FROM attestation", "attestation"),
    "the policy that rules": ("policy_version", "DELETE FROM policy_version WHERE id = 2", "policy version 2"),
    "the policy before": ("policy_version", "DELETE FROM policy_version WHERE id = 1", "policy version 1"),
    "a name": ("name", "DELETE FROM name WHERE kind = 'purpose' AND id = 1", "name purpose/1"),
    "an ending": ("intent", "DELETE FROM intent WHERE kind = 'end-person'", "intent"),
    "a tombstone": ("tombstone", "DELETE FROM tombstone WHERE compartment = 0", "tombstone, intent "),
}


@pytest.mark.parametrize(("table", "statement", "where"), DELETED.values(), ids=DELETED.keys())
def test_a_row_that_was_taken_away_is_missed(lived: Lived, table: str, statement: str, where: str) -> None:
    with lived.edited(table, statement):
        found = lived.findings()
    assert {one.kind for one in found} == {"missing-row"}
    assert any(one.where.startswith(where) for one in found)  # whose ending nobody knows of, their words are missed too


ROLLED_BACK = {
    "a write key from before it was revoked": ("credential", "early", "rolled-back-row"),
    "tokens from before they were revoked or overtaken": ("token", "early", "rolled-back-row"),
    "a link from before it was undone": ("link", "early", "rolled-back-row"),
    "a grant from before it was ended": ("attestation", "early", "rolled-back-row"),
    "a suppression that was lifted": ("suppression", "early", "rolled-back-row"),
    "the policy from before the next one": ("policy_version", "early", "rolled-back-row"),
    "endings from before they were carried out or called off": ("intent", "shut", "rolled-back-row"),
    "words of somebody who was erased": ("consent", "shut", "returned-row"),
}


@pytest.mark.parametrize(("table", "since", "kind"), ROLLED_BACK.values(), ids=ROLLED_BACK.keys())
def test_a_whole_row_put_back_as_it_truly_was_is_named(lived: Lived, table: str, since: str, kind: str) -> None:
    with lived.put_back(table, since=since):
        found = lived.findings()
    assert {one.kind for one in found} == {kind}
    assert all(one.where.startswith(table.partition("_")[0]) for one in found)


def test_a_table_put_back_with_all_its_rows_is_named_row_by_row(lived: Lived) -> None:
    """Not one row but all of a store's words as they were: what came since is missing besides."""
    with lived.edited("credential", "DELETE FROM credential"), lived.put_back("credential", since="early"):
        found = lived.findings()
    assert {one.kind for one in found} == {"missing-row", "rolled-back-row"}


def test_a_row_edited_under_the_mac_of_another_entry_is_named(lived: Lived) -> None:
    statement = "UPDATE consent SET entry = (SELECT entry FROM attestation) WHERE state = 0"
    with lived.edited("consent", statement):
        found = lived.findings()
    assert {one.kind for one in found} == {"edited-row", "missing-row"}
