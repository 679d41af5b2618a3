import os
import subprocess
import sys

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


FORK = """
import os
from lockhouse.crypto.nonces import Nonces
nonces = Nonces(os.urandom)
nonces.draw()
reader, writer = os.pipe()
if os.fork() == 0:
    os.write(writer, nonces.draw())
    os._exit(0)
os.wait()
theirs = os.read(reader, 12)
print(len(theirs), theirs in {nonces.draw() for _ in range(340)})
"""


def test_parent_and_child_of_a_fork_never_draw_the_same_nonce() -> None:
    # In a process of its own: a test runner has threads, and forking those is another matter.
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "12 False\n"
