"""The three acts and the audit over one open house, in whatever order somebody asks for them."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lockhouse.faces.demo import looking
from lockhouse.faces.demo.admin import DELETE, EDIT, commit_crime
from lockhouse.faces.demo.erase import by_hand, erase, erased_persons, read_back, run_python, verify
from lockhouse.faces.demo.people import ANNA
from lockhouse.faces.demo.place import CONTROLLER, actor_id
from lockhouse.faces.demo.steal import search
from lockhouse.flows import audit
from lockhouse.policy.sentences import SENTENCES

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.faces.demo.figures import Figures
    from lockhouse.faces.demo.place import Place
    from lockhouse.faces.demo.stage import Stage
    from lockhouse.wiring import Opened

_LOOKS_SHOWN = 8


class Acts:
    """What can be done to the demo's house. Each act tells its story and fills in its figures."""

    def __init__(self, *, one: Opened, place: Place, stage: Stage, told: Figures) -> None:
        self._one = one
        self._place = place
        self._stage = stage
        self._told = told
        self._crimes = 0

    async def all(self) -> None:
        """One after the other."""
        await self.steal()
        await self.erase()
        await self.misuse()

    async def steal(self) -> None:
        """The files are searched for a customer, who is then shown through the gate."""
        stage, house = self._stage, self._place.house
        stage.act("[1] Steal it")
        stage.say(f"These are the files of the house, as a thief would carry them off from {house}:")
        sizes = [(path.name, f"{path.stat().st_size / 1024:,.0f} KiB") for path in _stores(house)]
        stage.table(("file", "size"), sizes)
        stage.say(f"(The root key is not among them: it lies in {self._place.keys_folder}.)")
        wanted = {"e-mail": ANNA.email, "phone": ANNA.phone or "", "name": ANNA.name, "the shop's name": CONTROLLER}
        stop = threading.Event()
        try:
            found = await asyncio.to_thread(search, house, wanted, stop=stop)
        finally:
            stop.set()  # a thread cannot be cancelled, only asked
        control = found.hits.pop("the shop's name")
        stage.say(
            f"Searched {found.files} files, {found.bytes / 1e6:,.1f} MB, for {ANNA.name} in {found.forms} forms: "
            "as text, UTF-16, hexadecimal, base64, URL-encoded, and within everything that unpacks."
        )
        stage.table(("searched for", "found"), [(name, str(count)) for name, count in found.hits.items()])
        stage.say(f"(The search does find: {CONTROLLER}, which is no secret, turned up {control} times.)")
        self._told.grep_hits = sum(found.hits.values())
        self._told.grep_control, self._told.grep_files = control, found.files
        await self._show()

    async def _show(self) -> None:
        """The same person through the gate: masked, with where each value came from."""
        stage = self._stage
        views = await looking.find(self._one.house, ANNA.email, reason="delivery problem")
        if not views:
            stage.say(f"Through the gate, as support: nobody is known by {ANNA.first}'s address. The look was noted.")
            return
        stage.say(f"The same person through the gate, as support may see her; noted as entry {views[0].entry.hex()}:")
        for view in views:
            met = ", ".join(f"{channel} ({number})" for channel, number in sorted(view.channels.items()))
            stage.say(
                f"person {view.person.hex()}, {count(view.records, 'record')}, met in "
                f"{count(len(view.channels), 'channel')}: {met}"
            )
            stage.table(("field", "value", "came by", "belief"), looking.rows(view))

    async def erase(self) -> None:
        """Her keys are destroyed; the backup from before opens nothing; the certificate verifies elsewhere."""
        stage, one = self._stage, self._one
        stage.act("[2] Erase her")
        views = await looking.find(one.house, ANNA.email, reason="erasure request")
        if not views:
            stage.say("She was erased already, and nothing brings her back.")
            return
        backup, back = self._place.folder / "backup-from-before", self._place.folder / "brought-back"
        stage.say("A backup of the house, taken now:")
        stage.ran(*await by_hand(self._place.house, "backup", "create", str(backup)))
        done = await erase(one, views[0].person, to=self._place.folder / "certificate.json")
        stage.done(f"{done.keys} keys destroyed in {done.ms} ms: what {done.records} records hold of her opens no more")
        stage.say(
            "(The day between shutting and destroying, time to find a mistake, is left out in a demo house only.)"
        )
        stage.say("The records of the backup, brought back beside today's identity store, where the ended stays ended:")
        words = ("backup", "restore", str(backup), "--to", str(back), "--only", "record")
        stage.ran(*await by_hand(self._place.house, *words))
        dead = await read_back(back, person=done.person, email=ANNA.email)
        because = " ".join(SENTENCES.get(code, code) for code in dead.because)
        stage.say(
            f"In the house that was brought back: {dead.records} records of hers with {dead.boxes} boxes; {dead.dead} "
            f"of them name a destroyed key; her address leads to {dead.found} people; {dead.opened} fields open. "
            f"{because}"
        )
        stage.say(
            f"And with the mark that says so taken out by SQL: {dead.forced} fields open. What is gone is the key."
        )
        stage.say(
            "(The backup's own identity store still holds her keys, under the root, as the certificate says; a whole "
            "restore destroys them again by the journal.)"
        )
        command, output, agreed = await verify(done.certificate, one.verifier)
        stage.say("The certificate, verified by a command that knows nothing of this house but its public key:")
        stage.ran(command, output)
        told = self._told
        told.erased, told.erase_ms = await erased_persons(one.house), done.ms
        told.backup_found = dead.found
        told.erased_keys, told.erased_records = done.keys, done.records
        told.backup_boxes, told.backup_opens, told.certificate_verified = dead.boxes, dead.opened + dead.forced, agreed

    async def misuse(self) -> None:
        """Someone with the database edits a row and deletes a line; the audit names both, and who looked."""
        stage, one = self._stage, self._one
        stage.act("[3] Be the bad administrator")
        if not await looking.looks_of(one.house, actor_id()):
            await self._show()
        self._crimes += 1
        crime = await commit_crime(one, self._place.folder / f"tampered-{self._crimes}")
        stage.say("On a copy of the house, with nothing but SQL:")
        stage.say(f"  {EDIT}   -- a sale is moved to the day before; ? is record {crime.record}")
        stage.say(f"  {DELETE}   -- the line that tells of our own look; ? is position {crime.position}")
        stage.ran(crime.command, "\n".join(crime.named_lines))
        stage.say(f"So far the {len(crime.named)} changes. What follows from them, and the end:")
        stage.told("\n".join(crime.other_lines))
        self._told.tampering_named = list(crime.named)
        await self._looks()

    async def _looks(self) -> None:
        stage = self._stage
        looks = await looking.looks_of(self._one.house, actor_id())
        stage.say(f"And here is everything that you looked at just now, {count(len(looks), 'look')}, with your reason:")
        rows = [
            (
                f"{datetime.fromtimestamp(each.at / 1000, UTC):%H:%M:%S}", each.action, each.purpose, each.reason,
                "refused" if each.refused else count(each.count, "person", "people"), _fields(each),
            )
            for each in looks[-_LOOKS_SHOWN:]
        ]  # fmt: skip
        stage.table(("UTC", "what", "for", "reason", "of", "seen"), rows)
        self._told.looks = len(looks)

    async def audit(self) -> None:
        """The whole ledger, exported and verified by a command that knows nothing of this house."""
        stage, one = self._stage, self._one
        export = self._place.folder / "ledger.export"
        with export.open("wb") as file:
            async for lines in audit.export(one.house, sequencer=one.writer):
                await asyncio.to_thread(file.write, lines)
        arguments = ("-m", "lockhouse.ledger.verify", str(export), "--vkey", one.verifier)
        code, output = await run_python(*arguments)
        stage.act("The ledger of this house, exported and verified on its own")
        stage.ran(f"python {' '.join(arguments)}", output)
        trusted = audit.Trusted([one.verifier], one.lane_key, anchors=one.anchors)
        report = await audit.verify(one.house, sequencer=one.writer, trusted=trusted, records=True)
        records = "every record is as it was stored" if report.clean else f"{report.found} findings"
        stage.say(f"The same with the record rows held against it: {report.entries} entries, {records}.")
        if not report.clean:
            stage.told("\n".join(f"{one.kind}: {one.where}: {one.sentence}" for one in report.findings))
        self._told.ledger_size, self._told.ledger_verified = report.entries, code == 0 and report.clean


def _stores(house: Path) -> list[Path]:
    return sorted(path for path in house.iterdir() if path.is_file() and path.suffix != ".sock")


def count(number: int, one: str, many: str = "") -> str:
    """`1 look`, `3 looks`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _fields(look: looking.Looked) -> str:
    if look.count and not (look.fields or look.masked or look.refused):
        return "ended with her"  # what lies beside the ledger about a person goes when they are erased
    seen = [*(f"{name}" for name in look.fields), *(f"{name} (masked)" for name in look.masked)]
    return ", ".join(seen[:3]) + (f" and {len(seen) - 3} more" if len(seen) > 3 else "")  # noqa: PLR2004  # fits a line
