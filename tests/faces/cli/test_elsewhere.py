"""A house that is asked by its API answers every command as it does on its own machine, or says why it does not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.faces.cli.app import tree
from lockhouse.faces.cli.elsewhere import ASKED, ONLY_THERE
from lockhouse.faces.cli.remote_page import remote_page
from tests.faces.cli.house import EMAIL
from tests.faces.cli.remote import URL, Elsewhere
from tests.faces.cli.test_transcripts import EVENT, SHOWN

if TYPE_CHECKING:
    from cyclopts import App

    from tests.faces.cli.house import Seen

PAGE = Path(__file__).parents[3] / "docs/operations/remote.md"
MAY = (
    "policy.show", "policy.history", "policy.matrix", "channel.*", "recipient.*", "ledger.read", "consent.*",
    "suppression.*", "request.*", "hold.*", "token.*", "import.list", "key.status", "policy.explain", "policy.diff",
    "policy.propose", "person.link", "import.undo", "grant.list", "grant.end", "mail.*", "retention.*", "person.flag",
    "policy.suggest", "training.report",
)  # fmt: skip
ROLE = f"\nroles:\n  keeper: {{may: [{', '.join(MAY)}]}}\n"
READS = [
    "version", "policy show", "policy show --full", "policy history", "policy matrix",
    "policy matrix --role support --conditions", "policy matrix --field email", "channel list", "channel show shop",
    "channel show web", "channel drops shop", "recipient list", "suppression list", "request list", "hold list",
    "hold list --json", "why m-1795440630000-0", "ledger log --kind policy", "ledger log --kind intake --json",
    "ledger checkpoint", "channel show nowhere", "request show 00", "ledger log --kind gossip",
    "ledger prove 00000000000000000000000000000000", "key status", "key status --json", "import list",
    "channel observed shop", "channel observed web --json",
    "policy explain support email marketing --region de --consent marketing=denied",
    "policy diff ./policy.yaml", "policy diff ./other.yaml", "policy diff ./other.yaml --full --markdown",
    "policy propose ./policy.yaml", "policy diff ./wrong.yaml", "channel revoke shop lhs_none", "hold show 00",
    "channel replay shop --dry-run", "channel replay shop --since 1d --dry-run --json", "import undo 00 --yes",
    "grant list", "grant list --json", "grant show 00", "grant end 00", "grant show 00000000000000000000000000000000",
    "channel pause nowhere", "recipient pause nowhere", "person looked 00", "proposal list", "proposal list --json",
    "proposal compare 00 00", "policy suggest", "policy suggest --json", "policy suggest --channel shop", "mail list",
    "mail list --json", "mail retry", "training show", "training show --json", "grant recorded", "person flagged",
    "person flagged --json", "retention plan", "retention plan --json", "retention idle", "request fulfil 00",
    "request certificate 00 --to there", "hold read 00 00", "consent undo 00 --yes",
]  # fmt: skip
"""Commands that change nothing and note nothing: typed twice, they say the same."""


def _leaves(app: App, chain: tuple[str, ...] = ()) -> set[str]:
    names = [name for name in app if not name.startswith("-")]
    found = {" ".join((*chain, name)) for name in names if not any(not one.startswith("-") for one in app[name])}
    deeper = [_leaves(app[name], (*chain, name)) for name in names]
    return found.union(*deeper)


def test_every_command_can_be_asked_for_elsewhere_or_says_why_not() -> None:
    assert not set(ASKED) & set(ONLY_THERE)
    assert set(ASKED) | set(ONLY_THERE) == _leaves(tree()) | {"import"}


def test_the_page_is_what_the_tables_say() -> None:
    assert PAGE.read_text("utf-8") == remote_page(), "write it anew: python -m tests.faces.cli.test_elsewhere"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    made = Elsewhere(tmp_path_factory.mktemp("elsewhere"))
    made.found()
    with (made.house / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write(ROLE)
    assert made.call("policy approve --yes").code == 0
    policy = (made.house / "policy.yaml").read_text("utf-8")
    (made.house / "other.yaml").write_text(f"{policy}  other: {{may: [hold.list]}}\n", "utf-8")
    (made.house / "wrong.yaml").write_text(f"{policy}nonsense: 1\n", "utf-8")
    made.token("keeper", *MAY)
    made.send(("Order Completed", EVENT))
    return made


def _shown(seen: Seen) -> tuple[int, str, str]:
    """As a transcript shows it: ids and keys as words, and commands as they are typed on the house's machine."""
    texts = []
    for text in (seen.out, seen.err):
        told = text.replace(f"lockhouse --server {shlex.quote(URL)} ", "lockhouse ")
        for pattern, word in [*SHOWN, (re.compile(r"service:ID|os-user:UID"), "ACTOR")]:
            told = pattern.sub(word, told)
        texts.append(told)
    return seen.code, texts[0], texts[1]


def _both(desk: Elsewhere, line: str, *, typed: str = "") -> tuple[Seen, Seen]:
    return desk.call(line, typed=typed), desk.ask(line, role="keeper", typed=typed)


@pytest.mark.parametrize("line", READS)
def test_what_is_read_elsewhere_is_said_as_on_the_houses_machine(desk: Elsewhere, line: str) -> None:
    here, there = _both(desk, line)
    assert _shown(there) == _shown(here)
    assert here.code in {0, 2, 5}, here.err
    assert desk.bridge.incidents == []


def test_what_is_changed_elsewhere_is_said_as_on_the_houses_machine(desk: Elsewhere) -> None:
    person = desk.person()
    for line, typed in (
        (f"consent record {person} marketing granted", ""), (f"consent show {person}", ""),
        ("suppression add email - --reason asked", "bo@customers.example\n"),
        ("suppression add email - --reason two-words!", "bo@customers.example\n"),
        ("suppression remove email - --reason typo", ""), ("token create helpdesk --role keeper --may hold.list", ""),
        (f"consent record {person} gossip granted", ""),
    ):  # fmt: skip
        here, there = _both(desk, line, typed=typed)
        assert _shown(there) == _shown(here), line
    assert desk.bridge.incidents == []


def test_a_request_and_a_token_end_elsewhere_as_on_the_houses_machine(desk: Elsewhere) -> None:
    said = []
    for ask in (desk.call, lambda line, **how: desk.ask(line, role="keeper", **how)):
        opened = ask(f"request open {desk.person()}", json=True).value
        case = opened["request"]
        one = [_shown(ask(line)) for line in (f"request show {case}", "request list", f"request cancel {case}")]
        made = ask("token create tool --role keeper --may hold.list", json=True).value["id"]
        one += [_shown(ask(f"token {verb} {made}")) for verb in ("show", "rotate", "revoke --yes")]
        said.append([sorted(opened), *one[:1], *one[2:]])
    assert said[1] == said[0]
    assert desk.bridge.incidents == []


def test_a_hold_a_key_and_a_proposal_are_made_and_ended_elsewhere_as_on_the_houses_machine(desk: Elsewhere) -> None:
    said = []
    for ask in (desk.call, lambda line, **how: desk.ask(line, role="keeper", **how)):
        key = desk.call("channel add web", json=True).value["key"][:9]
        placed = ask(f"hold place {desk.person()} --reason lawsuit --basis 7-O-1 --review 2030-01-31", json=True).value
        one = [sorted(placed), placed["shut"]]
        hold = placed["id"]
        lines = (
            f"hold show {hold}", f"hold review {hold} --until 2031-01-31", f"hold release {hold} --yes",
            f"channel revoke web {key} --yes", "policy propose ./other.yaml",
        )  # fmt: skip
        one += [_shown(ask(line)) for line in lines]
        one += [sorted(ask("channel rotate web --overlap-hours 3", json=True).value)]
        one += [re.sub(r"lhp_\w+", "KEY", _shown(ask("channel rotate web"))[1].partition("\n")[0])]
        one += [ask(f"hold release {hold} --yes", json=True).code, _shown(ask("hold place 00 --reason a b"))[0]]
        said.append(one)
    said = [[re.sub(r"v\d+", "vN", str(each)) for each in one] for one in said]
    assert said[1] == said[0]
    assert desk.bridge.incidents == []


def test_what_is_out_of_service_elsewhere_is_so_as_on_the_houses_machine(desk: Elsewhere) -> None:
    said = [
        [_shown(ask(f"channel {verb} shop{more}")) for verb in ("pause", "pause", "resume") for more in ("", " --json")]
        for ask in (desk.call, lambda line: desk.ask(line, role="keeper"))
    ]
    for one in said:  # each deed is noted at its own moment
        one[:] = [(code, re.sub(r'"at": \d+', "AT", out), err) for code, out, err in one]
    assert said[1] == said[0]
    assert [code for code, *_ in said[0]] == [0, 6, 6, 6, 0, 6]
    assert desk.bridge.incidents == []


def test_who_looked_is_told_elsewhere_as_on_the_houses_machine(tmp_path: Path) -> None:
    desk = Elsewhere(tmp_path)
    desk.found()
    desk.send(("Order Completed", EVENT))
    person = desk.person()
    desk.token("support", purposes=("fulfilment",))
    desk.clock.now += 60_000
    assert desk.call(f"person reveal {person} --as support --for fulfilment --reason 'call back: T-17'").code == 0
    desk.clock.now += 60_000
    here = desk.call(f"person looked {person} --as support", json=True)
    desk.clock.now += 60_000
    there = desk.ask(f"person looked {person}", role="support", json=True)
    desk.clock.now += 60_000
    mine, theirs = here.value["looks"], there.value["looks"]
    assert theirs[1:] == mine[: len(theirs) - 1]  # asking is a look, too: the newest is the token's own
    assert (theirs[0]["action"], theirs[0]["actor"][:8]) == ("show", "service:")
    assert "call-back: T-17" in [one["reason"] for one in theirs]
    assert here.value.keys() == there.value.keys()
    page = desk.ask(f"person looked {person} --limit 1", role="support")
    [_, *rest] = page.out.partition("More: ")[2].split()
    desk.clock.now += 60_000  # asking is a look: two of one ms stand in any order
    older = desk.ask(f"person looked {person} --limit 1 --before {rest[-1]}", role="support", json=True)
    assert older.value["looks"][0]["entry"] == there.value["looks"][0]["entry"]
    told = desk.ask(["person", "looked", person, "--reason", "call back"], role="support")
    assert (told.code, "--reason" in told.err) == (2, True)
    assert [EMAIL in str(one.url) for one in desk.bridge.asked if EMAIL in str(one.url)] == []
    assert desk.bridge.incidents == []


LOOKS = (
    "person show PERSON", "person timeline PERSON", "person timeline PERSON --limit 1", "person explain PERSON email",
    "person reveal PERSON", "person reveal PERSON order_id", "person reveal PERSON nothing",
    "person show 00", "person explain PERSON nothing", "person timeline PERSON --limit 0",
    "insight report", "insight report event",
)  # fmt: skip


@pytest.fixture(scope="module")
def support(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    made = Elsewhere(tmp_path_factory.mktemp("support"))
    made.found()
    for number in range(3):
        made.clock.now += 60_000
        made.send(("Order Completed", EVENT | {"order_id": f"A-{number}"}))
    made.token("support", purposes=("fulfilment",))
    return made


def _look(seen: Seen) -> tuple[int, str, str]:
    """As `_shown`, but for the role, which nobody names elsewhere, and the fresh proof, which no token has."""
    code, *texts = _shown(seen)
    proof = r"(?:You can|Masked: showing it needs fresh proof.*?--until WHEN\)\. Then):"
    for pattern, word in ((r" --as support| --for fulfilment|ACTOR|staff:ID|,\"step-up\"", ""), (proof, "So:")):
        texts = [re.sub(pattern, word, one) for one in texts]

    return code, texts[0], texts[1]


@pytest.mark.parametrize("words", ["", "--json"])
@pytest.mark.parametrize("line", LOOKS)
def test_a_look_elsewhere_is_said_as_on_the_houses_machine(support: Elsewhere, line: str, words: str) -> None:
    line = line.replace("PERSON", support.person())
    here = support.call(f"{line} --as support --for fulfilment {words}")
    there = support.ask(f"{line} {words}", role="support")
    assert _look(there) == _look(here)
    assert support.bridge.incidents == []


@pytest.mark.parametrize("words", ["", "--json"])
def test_somebody_is_found_checked_and_put_right_elsewhere_as_on_the_houses_machine(
    support: Elsewhere, words: str
) -> None:
    person = support.person()
    said: list[list[tuple[int, str, str]]] = [[], []]
    for line, typed in (
        ("person find email -", f"{EMAIL}\n"), ("person find email -", "nobody@customers.example\n"),
        ("person find nothing -", "x\n"), (f"person check {person} email -", f"{EMAIL}\n"),
        (f"person check {person} email -", "other@customers.example\n"),
    ):  # fmt: skip
        support.clock.now += 3_600_000  # three tries of a field in an hour
        said[0].append(_look(support.call(f"{line} --as support --for fulfilment {words}", typed=typed)))
        support.clock.now += 3_600_000
        said[1].append(_look(support.ask(f"{line} {words}", role="support", typed=typed)))
    assert said[1] == said[0]
    for number, ask in enumerate((support.call, lambda line, **how: support.ask(line, role="support", **how))):
        support.clock.now += 3_600_000
        more = "--as support --for fulfilment" if number == 0 else ""
        changed = ask(f"person change {person} phone - {more} {words}", typed=f"+4930901{number:03}\n")
        undone = ask(f"person change {person} phone --undo {more} {words}")
        said[number] = [
            (code, re.sub(r"\d\d:\d\d|\d{13}", "WHEN", out), err) for code, out, err in map(_look, (changed, undone))
        ]
    assert said[1] == said[0]
    assert [code for code, *_ in said[0]] == [0, 0]
    assert [EMAIL in str(one.url) or "4930901" in str(one.url) for one in support.bridge.asked].count(True) == 0
    assert support.bridge.incidents == []


def test_persons_are_joined_and_parted_elsewhere_as_on_the_houses_machine(desk: Elsewhere) -> None:
    desk.send(("Order Completed", EVENT | {"email": "twin@customers.example", "phone": "+4930901999", "order_id": "B"}))
    one, other = desk.person(), desk.person("twin@customers.example")
    said = [
        [_shown(ask(f"person {verb} {one} {two}")) for verb, two in (("link", other), ("unlink", other), ("link", "0"))]
        for ask in (desk.call, lambda line: desk.ask(line, role="keeper"))
    ]
    assert said[1] == said[0]
    assert [code for code, *_ in said[0]] == [0, 0, 2]
    assert desk.bridge.incidents == []


def test_the_token_is_in_no_address_and_the_value_in_no_address(desk: Elsewhere) -> None:
    desk.bridge.asked.clear()
    seen = desk.ask("suppression add email -", role="keeper", typed=f"{EMAIL}\n")
    assert seen.code == 0
    assert [EMAIL in str(one.url) or "lh_" in str(one.url) for one in desk.bridge.asked] == [False]
    assert desk.bridge.asked[0].headers["authorization"].startswith("Bearer lh_")


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("serve", 3, "got one that is done on the house's machine"),
        ("backup create here", 3, "LH-6001"),
        ("hold list --as keeper", 2, "a token acts in its own"),
        ("policy nothing", 2, "expected one of"),
    ],
)
def test_what_cannot_be_asked_elsewhere_says_why(desk: Elsewhere, line: str, code: int, says: str) -> None:
    seen = desk.ask(line, role="keeper")
    assert (seen.code, says in seen.err) == (code, True), seen.err


def test_without_a_token_or_with_plain_http_nothing_is_asked(desk: Elsewhere) -> None:
    desk.bridge.asked.clear()
    seen = desk.call(["--server", URL, "version"])
    assert (seen.code, "LOCKHOUSE_TOKEN" in seen.err) == (4, True)
    desk.environment = {"LOCKHOUSE_TOKEN": "lh_x"}
    seen = desk.call(["--server", "http://vault.shop.example", "version"])
    desk.environment = {}
    assert (seen.code, "https" in seen.err) == (2, True)
    assert desk.bridge.asked == []


if __name__ == "__main__":
    PAGE.write_text(remote_page(), "utf-8")
