"""What a snapshot is sealed over: its place, which is a record's, and what it covers, which no record's is."""

import pytest

from lockhouse.crypto.keyring import Plain
from lockhouse.crypto.seal import snapshot_head
from lockhouse.errors import Tampered
from tests.unit.crypto.test_keyring import PERSON, RECORD, a_keyring, admitted, opened, sealed


def test_a_snapshot_opens_as_no_box_of_a_record_nor_over_other_records() -> None:
    keyring = a_keyring()
    admitted(keyring)
    heads = [
        snapshot_head(covers=covers, root=root) for covers, root in ((2, bytes(32)), (3, bytes(32)), (2, b"r" * 32))
    ]
    plain = Plain(PERSON, RECORD, ((1, 100, b"fields"),), heads[0])
    [answer] = keyring.seal_group([plain])
    assert isinstance(answer, list)
    assert opened(keyring, answer[0], head=heads[0]) == b"fields"
    for box, head in ((answer[0], b""), (answer[0], heads[1]), (answer[0], heads[2]), (sealed(keyring), heads[0])):
        with pytest.raises(Tampered):
            opened(keyring, box, head=head)
