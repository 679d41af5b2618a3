import pytest

from lockhouse.crypto import (
    Checkpoint,
    Proof,
    SigningKey,
    check_inclusion,
    format_proof,
    inclusion_proof,
    leaf_hash,
    open_checkpoint,
    parse_proof,
    root,
    sign_checkpoint,
    vkey,
)
from lockhouse.crypto.checkpoint import open_note, sign_note
from lockhouse.errors import Invalid, Tampered
from lockhouse.secret import Secret

# The example of the signed-note specification (C2SP).
SPEC_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n"
    "\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
ORIGIN, KEY = "house.example/ledger", SigningKey.from_secret(Secret(b"s" * 32))
VKEY = vkey(ORIGIN, KEY.public())
LEAVES = [leaf_hash(bytes((at,))) for at in range(5)]
SIGNED = sign_checkpoint(ORIGIN, 5, root(LEAVES), KEY)


def test_the_specification_s_note_opens() -> None:
    assert open_note(SPEC_NOTE, [SPEC_VKEY]) == "This is an example message.\n"


def test_a_checkpoint_says_origin_size_and_root() -> None:
    assert open_checkpoint(SIGNED, [VKEY]) == Checkpoint(ORIGIN, 5, root(LEAVES))
    assert SIGNED.split("\n")[:2] == [ORIGIN, "5"]


def test_unknown_signers_are_passed_over_and_sixteen_are_taken() -> None:
    witnesses = [SigningKey.from_secret(Secret(bytes((at,)) * 32)) for at in range(16)]
    body = SIGNED.rpartition("\n\n")[0] + "\n"
    lines = [sign_note(body, name=f"witness-{at}", key=one).rpartition("\n\n")[2] for at, one in enumerate(witnesses)]
    many = body + "\n" + "".join(lines) + SIGNED.rpartition("\n\n")[2]
    assert open_checkpoint(many, [VKEY]).size == 5
    assert open_note(many, [vkey("witness-3", witnesses[3].public())]) == body


def test_a_known_key_whose_signature_fails_rejects_the_note() -> None:
    witness = SigningKey.from_secret(Secret(b"w" * 32))
    false_line = sign_note("another text\n", name="w", key=witness).rpartition("\n\n")[2]
    both = SIGNED + false_line
    assert open_checkpoint(both, [VKEY]).size == 5
    with pytest.raises(Tampered, match="signature: expected one by the stated key"):
        open_checkpoint(both, [VKEY, vkey("w", witness.public())])


def test_a_note_signed_by_nobody_known_is_tampered() -> None:
    with pytest.raises(Tampered, match="note: expected a signature by a known key"):
        open_checkpoint(SIGNED, [SPEC_VKEY])
    with pytest.raises(Tampered, match="note: expected a signature by a known key"):
        open_checkpoint(SIGNED, [])


def test_keys_of_other_types_are_passed_over() -> None:
    assert open_checkpoint(SIGNED, [VKEY, "other.example+00000000+Bg=="]).size == 5


@pytest.mark.parametrize(
    "note",
    [
        "",
        "no signatures\n",
        SIGNED.rstrip("\n"),
        SIGNED.replace("\u2014", "-"),
        SIGNED.replace("5\n", "6\n", 1),
        SIGNED.replace("\n5\n", "\r\n5\n"),
        SIGNED + "\n",
        SIGNED + "\u2014 name not-base64!\n",
        SIGNED + "\u2014 name AAAA\n",
        SIGNED + "\u2014 name AAAAAAAA\n" * 64,
    ],
)
def test_a_malformed_or_changed_note_is_tampered(note: str) -> None:
    with pytest.raises(Tampered):
        open_checkpoint(note, [VKEY])


@pytest.mark.parametrize(
    "body",
    [
        f"{ORIGIN}\n5\n",
        f"{ORIGIN}\n05\n{'A' * 43}=\n",
        f"{ORIGIN}\n-5\n{'A' * 43}=\n",
        f"{ORIGIN}\n\u0665\n{'A' * 43}=\n",
        f"\n5\n{'A' * 43}=\n",
        f"{ORIGIN}\n5\nAAAA\n",
        f"{ORIGIN}\n5\n{'A' * 42}B=\n",
        f"{ORIGIN}\n5\n!\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_tampered(body: str) -> None:
    with pytest.raises(Tampered, match="expected"):
        open_checkpoint(sign_note(body, name=ORIGIN, key=KEY), [VKEY])


def test_extension_lines_are_kept_out_of_the_answer() -> None:
    body = SIGNED.rpartition("\n\n")[0] + "\nextension\n"
    assert open_checkpoint(sign_note(body, name=ORIGIN, key=KEY), [VKEY]) == Checkpoint(ORIGIN, 5, root(LEAVES))


def test_what_cannot_be_signed_is_invalid() -> None:
    for origin, size, head in (("has space", 1, bytes(32)), ("", 1, bytes(32)), ("o", -1, bytes(32)), ("o", 1, b"")):
        with pytest.raises(Invalid, match="checkpoint: expected an origin, a size and a root of 32 bytes"):
            sign_checkpoint(origin, size, head, KEY)
    for text in ("no line feed", "bell\a\n", "\ud800\n"):
        with pytest.raises(Invalid, match="note: expected lines of text"):
            sign_note(text, name="n", key=KEY)


@pytest.mark.parametrize("key", ["", "name", "name+00", "name+00+!", VKEY.replace("+", "+0", 1), VKEY[:-4]])
def test_a_malformed_verifier_key_is_invalid(key: str) -> None:
    with pytest.raises(Invalid, match="vkey: expected"):
        open_checkpoint(SIGNED, [key])


def test_a_proof_leads_from_a_leaf_to_its_checkpoint() -> None:
    text = format_proof(3, inclusion_proof(LEAVES, 3), SIGNED)
    proof = parse_proof(text)
    said = open_checkpoint(proof.checkpoint, [VKEY])
    check_inclusion(LEAVES[3], proof.index, said.size, proof.hashes, said.root)
    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 3\n")


def test_a_proof_may_hold_an_extra_line_and_need_no_hashes() -> None:
    text = format_proof(0, [], SIGNED)
    assert parse_proof(text) == Proof(0, (), SIGNED)
    assert parse_proof(text.replace("\nindex", "\nextra AAAA\nindex")) == Proof(0, (), SIGNED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nx",
        "c2sp.org/tlog-proof@v1\nindex x\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
    ],
)
def test_a_malformed_proof_is_tampered(text: str) -> None:
    with pytest.raises(Tampered, match="proof: expected"):
        parse_proof(text)
