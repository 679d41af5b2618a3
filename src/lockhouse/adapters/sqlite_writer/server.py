"""The writer's loop: read from everybody, commit one group, answer; fold, checkpoint and scrub in between.

One thread and no timers: while a group is being committed the next gathers in the sockets. Nothing here may take
longer than a group, since clients that hear nothing for a lease stop sealing and opening.
"""

from __future__ import annotations

import os
import selectors
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from lockhouse.adapters.group_commit.waiting import Waiting
from lockhouse.adapters.sqlite_writer.peer import GoneError, Peer, credentials
from lockhouse.adapters.sqlite_writer.trouble import Trouble
from lockhouse.adapters.writer_protocol import (
    ANNOUNCE_S,
    LEASE_S,
    MAX_IN_FLIGHT,
    PROTOCOL,
    SCRUB_S,
    UNHEARD_S,
    Ack,
    Announce,
    Answers,
    Beat,
    Commit,
    Done,
    Echo,
    Failed,
    FromClient,
    FromWriter,
    Hello,
    Leave,
    Moved,
    Scrub,
    Seal,
    Welcome,
)
from lockhouse.errors import LockhouseError, Tampered, Unavailable

if TYPE_CHECKING:
    import socket

    from lockhouse.adapters.group_commit.engine import Engine
    from lockhouse.adapters.group_commit.plain import PlainChange
    from lockhouse.adapters.sqlite_writer.shelf import SqliteShelf
    from lockhouse.model.ports import Clock

_TICK_S = 0.25
_SOON_S = 0.02


@dataclass(slots=True)
class _Batch:
    peer: Peer
    seq: int
    urgent: bool
    changes: list[PlainChange]


@dataclass(slots=True)
class _Scrubbing:
    peer: Peer
    seq: int
    until_s: float


@dataclass(slots=True)
class _Announcing:
    """An announcement under way: who has not acknowledged, and until when each of them is waited for.

    A beat that comes after it moves nothing: its echo lies behind `Moved` in the socket, and confirms no lease before
    that was acted on.
    """

    peer: Peer
    seq: int
    epochs: tuple[int, int]
    silent: dict[Peer, float]


@dataclass(slots=True)
class Server:
    """The writer of a house, serving its processes until `stop` or the end of its parent.

    Attributes:
        lifeline: a pipe whose other end the parent holds; its end is the parent's. -1 for none.
        trouble: says what cannot be written, and when it can be again.
    """

    shelf: SqliteShelf
    engine: Engine
    clock: Clock
    listener: socket.socket
    lifeline: int = -1
    trouble: Trouble = field(default_factory=Trouble)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _peers: set[Peer] = field(default_factory=set)
    _waiting: Waiting[_Batch] = field(default_factory=Waiting)
    _scrubs: list[_Scrubbing] = field(default_factory=list)
    _announcings: list[_Announcing] = field(default_factory=list)
    _unheard_until_s: float = 0.0
    """Until then a process without a connection may still hold a lease."""
    _stopped: bool = False

    def stop(self) -> None:
        """Commit what has arrived, fold, close."""
        self._stopped = True

    def run(self) -> None:
        """Serve until stopped."""
        if self.shelf.was_cut_off:
            self._unheard_until_s = self.clock.monotonic_s() + LEASE_S
        self._selector.register(self.listener, selectors.EVENT_READ, self.listener)
        if self.lifeline >= 0:
            self._selector.register(self.lifeline, selectors.EVENT_READ, None)
        try:
            while not self._stopped:
                self._turn()
            while self._waiting:
                self._commit_group()
            self.engine.finish()
        finally:
            self._close()

    def _turn(self) -> None:
        pause = 0.0 if self._waiting else _SOON_S if self._scrubs or self._announcings else _TICK_S
        for key, events in self._selector.select(pause):
            if key.data is self.listener:
                self._accept()
            elif isinstance(key.data, Peer):
                self._serve(key.data, events)
            elif not os.read(self.lifeline, 1):
                self.stop()
        if self._waiting:
            self._commit_group()
        self._tick()
        self._scrubs = [asked for asked in self._scrubs if not self._scrub(asked)]
        self._announcings = [asked for asked in self._announcings if not self._settle(asked)]

    def _close(self) -> None:
        for peer in list(self._peers):
            self._drop(peer)
        self._selector.close()
        self.listener.close()
        self.shelf.close(in_order=self.clock.monotonic_s() >= self._unheard_until_s)

    # ---- peers -----------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        sock, _ = self.listener.accept()
        pid, uid = credentials(sock)
        if uid != os.getuid():
            sock.close()
            return
        sock.settimeout(0.0)
        peer = Peer(sock, pid)
        self._peers.add(peer)
        self._selector.register(sock, selectors.EVENT_READ, peer)

    def _serve(self, peer: Peer, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                peer.flush()
                self._watch(peer)
            if events & selectors.EVENT_READ:
                for message in peer.read():
                    self._receive(peer, message)
        except GoneError:
            self._drop(peer)

    def _send(self, peer: Peer, message: FromWriter) -> None:
        if peer not in self._peers:
            return
        try:
            peer.send(message)
            if peer.has_more:
                self._watch(peer)
        except GoneError:
            self._drop(peer)

    def _watch(self, peer: Peer) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.has_more else 0)
        self._selector.modify(peer.sock, events, peer)

    def _drop(self, peer: Peer) -> None:
        if peer not in self._peers:
            return
        self._peers.discard(peer)
        self._selector.unregister(peer.sock)
        has_left = peer.has_left()
        peer.sock.close()
        if peer.greeted and not has_left and peer.runs_on():
            self._unheard_until_s = max(self._unheard_until_s, self.clock.monotonic_s() + LEASE_S)
        for asked in self._announcings:
            asked.silent.pop(peer, None)

    # ---- what they ask ---------------------------------------------------------------------------------------

    def _receive(self, peer: Peer, message: FromClient) -> None:
        if isinstance(message, Hello):
            self._greet(peer, message)
        elif not peer.greeted:
            raise GoneError
        elif isinstance(message, Commit):
            self._queue(peer, message)
        elif isinstance(message, Beat):
            peer.beat_s = self.clock.monotonic_s()
            self._send(peer, Echo(message.at))
        elif isinstance(message, Leave):
            peer.left = True
        elif isinstance(message, Ack):
            self._acknowledge(peer, (message.policy, message.key))
        else:
            self._start(peer, message)

    def _start(self, peer: Peer, message: Announce | Scrub | Seal) -> None:
        match message:
            case Announce():
                self._announce(peer, message)
            case Scrub(seq=seq):
                self._scrubs.append(_Scrubbing(peer, seq, self.clock.monotonic_s() + SCRUB_S))
            case Seal(seq=seq):
                self._seal(peer, seq)
            case _:
                assert_never(message)

    def _greet(self, peer: Peer, hello: Hello) -> None:
        if hello.protocol != PROTOCOL:
            raise GoneError
        peer.greeted, peer.beat_s = True, self.clock.monotonic_s()
        self._send(peer, Welcome(PROTOCOL, self.engine.notary_public, *self.engine.epochs()))

    def _queue(self, peer: Peer, message: Commit) -> None:
        peer.waiting += 1
        if peer.waiting > MAX_IN_FLIGHT:
            raise GoneError
        self._waiting.add(_Batch(peer, message.seq, message.urgent, message.changes))

    def _commit_group(self) -> None:
        group = self._waiting.group()
        try:
            outcomes = self.engine.commit_group([change for batch in group for change in batch.changes])
        except LockhouseError as error:
            self.trouble.begins("changes", error)
            for batch in group:
                batch.peer.waiting -= 1
                self._send(batch.peer, _failed(batch.seq, error))
            return
        if not self.shelf.failing:  # one store alone may be away: that the other is written does not end it
            self.trouble.ends("changes")
        start = 0
        for batch in group:
            batch.peer.waiting -= 1
            self._send(batch.peer, Answers(batch.seq, outcomes[start : start + len(batch.changes)]))
            start += len(batch.changes)

    def _tick(self) -> None:
        try:
            if self.engine.tick():
                self.trouble.ends("ledger")
        except Unavailable as error:  # the next tick tries again
            self.trouble.begins("ledger", error)  # entries wait for a position, or a checkpoint for its anchor

    def _seal(self, peer: Peer, seq: int) -> None:
        try:
            self._send(peer, Done(seq, self.engine.seal_ledger()))
        except LockhouseError as error:
            self._send(peer, _failed(seq, error))

    def _scrub(self, asked: _Scrubbing) -> bool:
        if self.shelf.scrub():
            self._send(asked.peer, Done(asked.seq))
            return True
        if self.clock.monotonic_s() < asked.until_s:
            return False
        self._send(asked.peer, Failed(asked.seq, "scrub: expected no reader in the way, got one for seconds"))
        return True

    def _announce(self, peer: Peer, message: Announce) -> None:
        try:
            epochs = self.engine.announce(policy=message.policy, key=message.key)
        except LockhouseError as error:
            self._send(peer, _failed(message.seq, error))
            return
        now = self.clock.monotonic_s()
        silent = {other: min(now + ANNOUNCE_S, other.beat_s + UNHEARD_S) for other in self._peers if other.greeted}
        self._announcings.append(_Announcing(peer, message.seq, epochs, silent))
        for other in list(silent):
            self._send(other, Moved(*epochs))

    def _acknowledge(self, peer: Peer, epochs: tuple[int, int]) -> None:
        for asked in self._announcings:
            if epochs[0] >= asked.epochs[0] and epochs[1] >= asked.epochs[1]:
                asked.silent.pop(peer, None)

    def _settle(self, asked: _Announcing) -> bool:
        now = self.clock.monotonic_s()
        if now < max(asked.silent.values(), default=0.0) or now < self._unheard_until_s:
            return False
        self._send(asked.peer, Done(asked.seq))
        return True


def _failed(seq: int, error: LockhouseError) -> Failed:
    return Failed(seq, error.text, isinstance(error, Tampered))
