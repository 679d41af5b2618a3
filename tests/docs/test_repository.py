"""What is committed says nothing of where it was written, and what is written down is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from subprocess import run

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (?P<text>.+)$", re.MULTILINE)
ADR_PARTS = ["Context", "Decision", "Consequences", "Alternatives", "References"]

# Written so that no pattern matches itself: this file is committed as well.
BANNED = {
    "a download host": r"pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|yarnpkg[.]com|crates[.]io|golang[.]org"
    r"|maven[.]org|(deb|archive)[.](debian|ubuntu)[.](org|com)|rubygems[.]org",
    "a folder of one machine": r"(?<![\w./])/([w]ork|[r]oot|[h]ome/[a-z]+)/|/[t]mp/\w+-\w",
    "a folder beside the project": r"[.][.]/[s]hared",
    "a page that is not in the project": r"\b(DESIGN|STYLE|COMMON)[.]md|\b[r]esearch/\w+[.]md",
}


def _committed() -> list[str]:
    listed = run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _pages() -> list[str]:
    pages = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")]
    return sorted([*pages, *(path.name for path in ROOT.glob("*.md"))])


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = HEADING.findall(FENCE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", text).strip().lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("what", BANNED)
def test_no_committed_file_names(what: str) -> None:
    pattern = re.compile(BANNED[what])
    found = []
    for name in _committed():
        text = (ROOT / name).read_bytes().decode("utf-8", "replace")
        found += [f"{name}:{number}" for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]
    assert found == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a download host", "https://files.pythonhosted_org/x.whl"),
        ("a folder of one machine", "see /w_rk/main".replace("_", "o")),
        ("a folder of one machine", "/t_p/build-1".replace("_", "m")),
        ("a folder beside the project", ".._shared/data".replace("_", "/")),
        ("a page that is not in the project", "STYLE_md"),
    ],
)
def test_what_is_banned_would_be_seen(what: str, line: str) -> None:
    assert re.search(BANNED[what], line.replace("_", "."))


@pytest.mark.parametrize("page", _pages())
def test_every_link_leads_somewhere(page: str) -> None:
    here = ROOT / page
    lost = []
    for match in LINK.finditer(FENCE.sub("", here.read_text("utf-8"))):
        path, _, anchor = match["target"].partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        target = (here.parent / path) if path else here
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            lost.append(match["target"])
    assert lost == []


def test_every_page_is_on_the_map() -> None:
    targets = {
        match["target"].partition("#")[0] for match in LINK.finditer((ROOT / "docs/index.md").read_text("utf-8"))
    }
    mapped = {(ROOT / "docs" / target).resolve() for target in targets if "://" not in target}
    off = [page for page in _pages() if (ROOT / page).resolve() not in mapped | {(ROOT / "docs/index.md").resolve()}]
    assert off == []


def test_the_readme_begins_with_the_two_commands() -> None:
    fenced = FENCE.findall((ROOT / "README.md").read_text("utf-8"))
    commands = [line for block in fenced for line in block.splitlines()[1:-1] if line.strip()]
    assert commands[:2] == ["./script/demo", "./script/test"]


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs/adr").glob("*.md")))
def test_a_decision_has_its_five_parts(page: str) -> None:
    text = (ROOT / "docs/adr" / page).read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ADR_PARTS
    parts = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]
    assert all(part.strip() for part in parts)


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert next(version for version in versions if version != "Unreleased") == PROJECT["version"]


def test_the_package_has_this_version() -> None:
    text = (ROOT / "src/lockhouse/__init__.py").read_text("utf-8")
    assert re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE) == [PROJECT["version"]]


def test_every_verb_of_make_is_described_in_the_guide() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    verbs = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {"setup", "check", "fix", "test", "test-all", "docs", "demo", "vectors", "hammer", "release-check"} <= set(
        verbs
    )
    assert [verb for verb in verbs if verb != "help" and f"`make {verb}`" not in guide] == []


def test_every_script_can_be_run() -> None:
    scripts = [name for name in _committed() if name.startswith(("script/", ".ci/")) and not name.endswith(".sh")]
    assert {".ci/run", "script/demo", "script/test"} <= set(scripts)
    for name in scripts:
        mode = (ROOT / name).stat().st_mode
        shell = (ROOT / name).read_text("utf-8").splitlines()[0]
        assert mode & 0o111, name
        assert shell in {"#!/usr/bin/env bash", "#!/bin/sh", "#!/usr/bin/env python3"}, name
        if shell != "#!/usr/bin/env python3":
            assert run(["bash", "-n", name], cwd=ROOT, check=False).returncode == 0, name


def test_the_licence_is_the_whole_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "9. Accepting Warranty or Additional Liability." in text
    assert "APPENDIX: How to apply the Apache License to your work." in text
