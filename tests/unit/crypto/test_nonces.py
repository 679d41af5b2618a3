import os

from lockhouse.crypto.nonces import Nonces


class Blocks:
    """Entropy that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, size: int) -> bytes:
        self.asked.append(size)
        return os.urandom(size)


def test_entropy_is_asked_for_blocks_and_no_nonce_comes_twice() -> None:
    blocks = Blocks()
    nonces = Nonces(blocks)
    drawn = [nonces.draw() for _ in range(700)]
    assert blocks.asked == [4_096] * 3
    assert len(set(drawn)) == 700
    assert {len(nonce) for nonce in drawn} == {12}


def test_parent_and_child_of_a_fork_never_draw_the_same_nonce() -> None:
    nonces = Nonces(os.urandom)
    nonces.draw()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, nonces.draw())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reader, 12)
    os.close(reader)
    os.close(writer)
    assert len(theirs) == 12
    assert theirs not in {nonces.draw() for _ in range(341)}
