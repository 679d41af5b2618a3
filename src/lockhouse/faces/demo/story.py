"""The story from the first key to the last line: a shop's day, then three things that no other store can show."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING

from lockhouse.faces.demo.acts import Acts
from lockhouse.faces.demo.figures import Figures, count_traffic
from lockhouse.faces.demo.people import crowd
from lockhouse.faces.demo.place import folder_for, make, packaged_policy, served
from lockhouse.faces.demo.sending import send_all, settled, watch
from lockhouse.faces.demo.tally import Tally
from lockhouse.faces.demo.terminal import QUIT, next_key, single_keys
from lockhouse.faces.demo.traffic import traffic
from lockhouse.wiring import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.faces.demo.options import Options
    from lockhouse.faces.demo.place import Place
    from lockhouse.faces.demo.stage import Stage
    from lockhouse.faces.demo.tally import Line

DAY_S = 60.0
ONCE_S = 15.0
"""How long the shop's day takes where somebody watches the board: with questions afterwards, and without."""
LINE_S = 0.7
"""Between two lines of the board: as quick as one can read."""
MENU = "[1] steal it   [2] erase her   [3] be the bad administrator   [q] quit"


async def tell(options: Options, stage: Stage) -> Figures:
    """The whole demo; its figures.

    Raises:
        Unavailable: the house could not be served.
    """
    began = perf_counter()
    told = Figures()
    with folder_for(options.keep) as folder:
        lasts = "kept afterwards" if options.keep else "removed with it"
        stage.say(f"Lockhouse in a house of its own, made for this demo and {lasts}. Ctrl-C ends it any time.")
        place = await make(folder, packaged_policy(), name="retail", said=stage.done)
        async with served(place, temporary=options.keep is None), opened(place.house, role="console") as one:
            stage.done(f"listening on {place.url}: a writer, a collecting process and a worker")
            tally = Tally()
            sent, first = await _day(place, tally, options=options, stage=stage)
            told.sent, told.first_event_s = sent, round(first - began, 2)
            await count_traffic(told, one.house, tally)
            stage.say(
                f"{told.accepted:,} events sealed of {told.persons:,} people in {told.channels} channels; "
                f"{told.dropped_paths} kinds of data were sent and not kept."
            )
            acts = Acts(one=one, place=place, stage=stage, told=told)
            await (_ask(acts, stage) if stage.asks else acts.all())
            await acts.audit()
            stage.say()
            stage.say("Ending the house.")
        told.seconds = round(perf_counter() - began, 2)
    stage.say(f"The house stays in {folder}." if options.keep else "Its processes, files and keys are gone.")
    return told


async def _day(place: Place, tally: Tally, *, options: Options, stage: Stage) -> tuple[int, float]:
    """The shop's day over real HTTP, watched; how many events went out, and when the first was answered."""
    people = crowd(options.people, seed=options.seed)
    calls = list(traffic(people, seed=options.seed))
    length = 0.0 if not stage.live else ONCE_S if options.once else DAY_S
    expected = sum(call.items for call in calls)
    stage.act(f"{len(people):,} customer{'s' * (len(people) != 1)}, five channels, real HTTP")
    with stage.board(tally) as draw:
        seen = _Seen(tally, draw, quick=not stage.live)
        watching = asyncio.create_task(watch(place, tally, seen.answer))
        try:
            await send_all(place, calls, pause_s=length / len(calls))
            await settled(tally, expected)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
    return expected, seen.first


class _Seen:
    """Draws the board as answers come in: often enough to be alive, seldom enough to be read."""

    def __init__(self, tally: Tally, draw: Callable[[Line | None], None], *, quick: bool) -> None:
        self._tally = tally
        self._draw = draw
        self._every = 0.0 if quick else LINE_S
        self._next = 0.0
        self._lines = 0
        self.first = 0.0

    def answer(self) -> None:
        """One more answer was counted."""
        now = perf_counter()
        self.first = self.first or now
        if now < self._next or (self._every == 0.0 and self._lines >= _PLAIN_LINES):
            return
        self._next = now + self._every
        line = self._tally.next_line()
        self._lines += line is not None
        self._draw(line)


_PLAIN_LINES = 30
"""Without a terminal nothing scrolls away: so many sample lines are enough."""


async def _ask(acts: Acts, stage: Stage) -> None:
    """Stay up and do what is asked for, until somebody has seen enough."""
    stage.say()
    stage.say("The house stays up. Three things no other store can show you:")
    chosen = {"1": acts.steal, "2": acts.erase, "3": acts.misuse}
    with single_keys():
        while True:
            stage.say()
            stage.say(MENU)
            key = await next_key()
            while key not in chosen and key != QUIT:
                key = await next_key()
            if key == QUIT:
                return
            await chosen[key]()
