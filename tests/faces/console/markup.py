"""What has to be so of every page, read from its bytes: what runs, what leads where, what is called what.

`problems` names what is wrong; `said` is what somebody reads, or hears read, on the page.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from unicodedata import category

from lockhouse.faces.console.guard import HEADERS, POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

_TAGS = """
    a article aside b body br button code dd del details div dl dt em fieldset figcaption figure footer form g h1 h2
    h3 head header html i input ins kbd label legend li link main mark meta nav noscript ol optgroup option output p
    path pre rect line section select small span strong sub summary sup svg table tbody td textarea tfoot th thead
    time title tr u ul
"""
TAGS: Final = frozenset(_TAGS.split())
"""All that a page is made of. None loads, embeds or sends anything of another site."""
VOID: Final = frozenset({"br", "input", "link", "meta"})
LEADS: Final = frozenset({"href", "src", "action", "formaction"})
NAMED: Final = frozenset({"aria-label", "placeholder", "title", "alt", "aria-description"})
"""Attributes whose words are read out or seen."""
POINTS: Final = frozenset({"for", "aria-describedby", "aria-labelledby", "aria-controls", "popovertarget"})
_UNSEEN: Final = frozenset({"Cc", "Cf"})
_KEPT: Final = frozenset("\t\n\r\u200c\u200d\xad")


@dataclass(slots=True, kw_only=True)
class Node:
    """An element, with those around it."""

    name: str
    attrs: dict[str, str]
    around: tuple[Node, ...]
    text: str = ""
    inside: list[Node] = field(default_factory=list)


class Markup(HTMLParser):
    """A page as a browser's parser sees it, as far as these pages need one."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.nodes: list[Node] = []
        self.unclosed: list[str] = []
        self._open: list[Node] = []
        self.feed(text)
        self.close()
        self.unclosed += [node.name for node in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more."""
        node = Node(name=tag, attrs={name: value or "" for name, value in attrs}, around=tuple(self._open))
        if len(node.attrs) != len(attrs):
            self.unclosed.append(f"{tag} says an attribute twice")
        for one in self._open:
            one.inside.append(node)
        self.nodes.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As drawings have them."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Only what was opened last is closed."""
        if tag in VOID:
            return
        if not self._open or self._open[-1].name != tag:
            self.unclosed.append(tag)
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Words, and of whom."""
        for one in self._open:
            one.text += data
        self.words.append((self._open[-1] if self._open else None, data))

    @property
    def words(self) -> list[tuple[Node | None, str]]:
        """Each run of text with the element that it stands in."""
        found: list[tuple[Node | None, str]] = self.__dict__.setdefault("_words", [])
        return found

    def named(self, *names: str) -> list[Node]:
        """Every element of these names."""
        return [node for node in self.nodes if node.name in names]


def problems(answer: httpx.Response, *, language: str, connects: bool = False) -> list[str]:
    """What is wrong with a page, in words; empty for one that is sound."""
    page = Markup(answer.text)
    return [*_head(answer, page, language=language, connects=connects), *_active(page), *_called(page), *_texts(page)]


def said(page: Markup) -> Iterator[str]:
    """What is seen or read out: runs of text outside of code that is shown as such, and names of parts."""
    for node, text in page.words:
        inside = (*node.around, node) if node else ()
        if text.strip() and not any(one.name in {"code", "pre", "kbd", "textarea", "script"} for one in inside):
            yield " ".join(text.split())
    for node in page.nodes:
        yield from (" ".join(node.attrs[name].split()) for name in NAMED & node.attrs.keys() if node.attrs[name])


def _head(answer: httpx.Response, page: Markup, *, language: str, connects: bool) -> Iterator[str]:
    policy = POLICY + ("; connect-src 'self'" if connects else "")
    wanted = {name.decode(): value.decode() for name, value in HEADERS.items()} | {"content-security-policy": policy}
    for name, value in wanted.items():
        if answer.headers.get_list(name) != [value]:
            yield f"header {name}: {answer.headers.get_list(name)}"
    if answer.headers["content-type"] != "text/html; charset=utf-8" or answer.headers["content-language"] != language:
        yield f"{answer.headers['content-type']}, {answer.headers.get('content-language')}"
    if [node.attrs.get("lang") for node in page.named("html")] != [language]:
        yield "html has another language"
    for name in ("h1", "title", "main"):
        if [bool(node.text.strip()) for node in page.named(name)] != [True]:
            yield f"{name}: {[node.text[:60] for node in page.named(name)]}"
    if page.unclosed:
        yield f"not well nested: {page.unclosed[:5]}"


def _active(page: Markup) -> Iterator[str]:
    for node in page.nodes:
        if node.name not in TAGS and not (node.name == "script" and not node.text.strip()):
            yield f"<{node.name}> with {node.text[:40]!r}"
        for name, value in node.attrs.items():
            if name == "style" or name.startswith("on") or name in {"srcdoc", "http-equiv", "target", "ping"}:
                yield f"<{node.name} {name}={value[:40]!r}>"
            if name in LEADS and not _is_ours(value):
                yield f"<{node.name} {name}={value[:60]!r}>"
        if node.name == "script" and not node.attrs.get("src", "").startswith("/assets/"):
            yield f"a script of {node.attrs}"
        if node.name == "form" and node.attrs.get("method", "get").lower() == "post":
            tokens = [one for one in node.inside if one.attrs.get("name") == "form"]
            if [len(one.attrs["value"].partition(".")[0]) for one in tokens] != [64]:
                yield f"a form without its token: {node.attrs}"


def _is_ours(address: str) -> bool:
    """Of this console; or written out as an address of another site, which only a contract is."""
    return address.startswith(("/", "#", "https://northwind.example/dpa")) and not address.startswith(("//", "/\\"))


def _called(page: Markup) -> Iterator[str]:
    ids = Counter(node.attrs["id"] for node in page.nodes if "id" in node.attrs)
    yield from (f"id {name} {many} times" for name, many in ids.items() if many > 1)
    labels = {node.attrs["for"] for node in page.named("label") if node.text.strip() and "for" in node.attrs}
    for node in page.nodes:
        for name in POINTS & node.attrs.keys():
            yield from (f"{name} leads to no {one}" for one in node.attrs[name].split() if one not in ids)
        where = node.attrs.get("href", "")
        if where.startswith("#") and where[1:] not in ids:
            yield f"a link leads to no {where}"
        is_field = node.name in {"input", "select", "textarea"} and node.attrs.get("type") != "hidden"
        is_labelled = node.attrs.get("id") in labels or any(one.name == "label" for one in node.around)
        if is_field and not (is_labelled or node.attrs.get("aria-label") or node.attrs.get("aria-labelledby")):
            yield f"a field without a label: {node.attrs}"
        if node.name in {"button", "a"} and not (node.text.strip() or node.attrs.get("aria-label")):
            yield f"<{node.name}> without words: {node.attrs}"


def _texts(page: Markup) -> Iterator[str]:
    """No sign turns what follows it, or is not seen at all."""
    attributes = (value for node in page.nodes for name, value in node.attrs.items() if name in NAMED)
    for text in (*(words for _, words in page.words), *attributes):
        odd = {f"U+{ord(sign):04X}" for sign in text if category(sign) in _UNSEEN and sign not in _KEPT}
        if odd:
            yield f"{odd} in {text[:60]!r}"
