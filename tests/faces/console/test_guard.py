"""What every answer of the console has in common: one address, strict headers, and words for what it does not do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from lockhouse.errors import NotFound, Tampered, Unavailable
from lockhouse.faces.console import assets
from lockhouse.faces.outcomes import CODES
from tests.faces.console.world import console

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

STRICT = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@pytest.mark.asvs("14.2.2", "14.2.3", "14.3.2")
async def test_a_page_runs_nothing_of_others_stands_in_no_frame_and_is_kept_nowhere(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        for path in ("/nowhere", "/healthz", "/nowhere?next=https://evil.example"):
            answer = await made.browser.get(path)
            assert {name: answer.headers[name] for name in STRICT} == STRICT
            assert "server" not in answer.headers


async def test_over_tls_browsers_are_told_to_stay_there(tmp_path: Path) -> None:
    async with console(tmp_path, url="https://console.shop.example") as made:
        answer = await made.browser.get("/nowhere")
        assert answer.headers["strict-transport-security"] == "max-age=63072000"


async def test_of_plain_http_nothing_is_said_that_no_browser_heeds(tmp_path: Path) -> None:
    async with console(tmp_path, url="http://localhost:8410") as made:
        assert "strict-transport-security" not in (await made.browser.get("/nowhere")).headers


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8410", "localhost", "localhost:8411", "evil.example", "localhost:8410.", ""]
)
async def test_under_another_name_it_answers_that_it_is_not_the_one(host: str, tmp_path: Path) -> None:
    async with console(tmp_path, url="http://localhost:8410") as made:
        answer = await made.browser.get("/", headers={"host": host})
        assert answer.status_code == 421
        assert "LH-3001" in answer.text
        health = await made.browser.get("/healthz", headers={"host": host})
        assert (health.status_code, health.json()) == (200, {"status": "ok"})


async def test_two_host_headers_are_not_one_of_them_that_fits(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        answer = await made.browser.get("/", headers=[("host", "console.shop.example"), ("host", "evil.example")])
        assert answer.status_code == 421


@pytest.mark.parametrize(
    ("peer", "status"), [("203.0.113.9", 403), ("10.1.2.3", 404), ("127.0.0.1", 404), ("::ffff:10.1.2.3", 404)]
)
async def test_behind_a_proxy_plain_http_is_heard_from_the_proxies_alone(
    peer: str, status: int, tmp_path: Path
) -> None:
    address = "https://console.shop.example"
    async with console(tmp_path, url=address, peer=peer, trusted_proxies=("10.0.0.0/8",), behind_proxy=True) as made:
        answer = await made.browser.get("/nowhere")
        assert answer.status_code == status
        assert ("LH-3007" in answer.text) is (status == 403)


@pytest.mark.asvs("14.2.5")
async def test_where_no_page_is_it_says_so_with_a_code_and_a_way_on(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        answer = await made.browser.get("/nowhere/<script>alert(1)</script>")
        assert answer.status_code == 404
        assert CODES["LH-3004"].sentence in answer.text
        assert "alert(1)" not in answer.text
        assert '<a href="/">' in answer.text
        posted = await made.browser.post("/healthz")
        assert (posted.status_code, set(posted.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
        assert made.answers == [("other", 404), ("healthz", 405)]


@pytest.mark.asvs("13.4.4", "13.4.6")
async def test_no_trace_is_given_back_and_no_answer_names_what_it_is_made_with(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        for path in ("/healthz", "/sign-in", "/nowhere"):
            answer = await made.browser.request("TRACE", path, headers={"x-mine": "told-back"})
            assert answer.status_code in {404, 405}
            assert "told-back" not in answer.text
            assert not {"server", "x-powered-by", "via"} & set(answer.headers)
            assert not re.search(r"starlette|uvicorn|python", answer.text + repr(answer.headers), re.IGNORECASE)


async def test_it_says_whether_it_can_do_its_work(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        assert (await made.browser.get("/readyz")).json() == {"status": "ok"}
        made.reasons.append("the writer is away")
        answer = await made.browser.get("/readyz")
        assert (answer.status_code, answer.json()["reasons"]) == (503, ["the writer is away"])


async def _fails(request: Request) -> PlainTextResponse:
    raise {
        "away": Unavailable("the store: expected an answer", retry_after_s=7.0),
        "spoilt": Tampered("a row of anna@example.com"),
        "ours": ZeroDivisionError("anna@example.com"),
        "none": NotFound("anna@example.com"),
    }[request.path_params["how"]]


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [("away", 503, "LH-5001"), ("spoilt", 500, "LH-5002"), ("ours", 500, "LH-5000"), ("none", 500, "LH-5000")],
)
@pytest.mark.asvs("16.5.1", "16.5.4")
async def test_what_goes_wrong_is_told_by_its_number_and_never_by_its_text(
    how: str, status: int, code: str, tmp_path: Path
) -> None:
    async with console(tmp_path, mounts=[Route("/fails/{how}", _fails)]) as made:
        answer = await made.browser.get(f"/fails/{how}")
        assert answer.status_code == status
        assert code in answer.text
        assert "anna" not in answer.text
        assert {name: answer.headers[name] for name in STRICT} == STRICT
        if how == "away":
            assert answer.headers["retry-after"] == "7"
            assert made.incidents == []
        else:
            [(number, _)] = made.incidents
            assert number in answer.text


async def test_what_is_mounted_answers_behind_the_same_guard(tmp_path: Path) -> None:
    async def api(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("{}", headers={"cache-control": "private"})

    async with console(tmp_path, mounts=[Mount("/api/v1", routes=[Route("/openapi.json", api)])]) as made:
        answer = await made.browser.get("/api/v1/openapi.json")
        assert answer.status_code == 200
        assert {name: answer.headers[name] for name in STRICT} == STRICT | {"cache-control": "private"}
        refused = await made.browser.get("/api/v1/openapi.json", headers={"host": "evil.example"})
        assert refused.status_code == 421


@pytest.mark.asvs("14.2.5")
async def test_style_and_script_are_kept_for_ever_under_an_address_of_their_content(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        page = (await made.browser.get("/nowhere")).text
        addresses = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)
        assert {one.rpartition("/")[2] for one in addresses} == {"app.js", "base.css", "mark.svg", "tokens.css"}
        for address in addresses:
            answer = await made.browser.get(address)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["content-type"] == assets.FILES[address.rpartition("/")[2]]


@pytest.mark.parametrize("path", ["/assets/0/app.js", "/assets/AAAAAAAAAAAAAAAA/tokens.css", "/assets/x/../guard.py"])
@pytest.mark.asvs("13.4.3", "13.4.7", "14.2.5")
async def test_no_other_content_is_served_under_such_an_address(path: str, tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        assert (await made.browser.get(path)).status_code == 404


async def test_a_page_speaks_the_language_that_its_reader_asks_for(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        english = await made.browser.get("/nowhere", headers={"accept-language": "fr, en;q=0.5"})
        german = await made.browser.get("/nowhere", headers={"accept-language": "de-AT,en;q=0.8"})
        assert (english.headers["content-language"], german.headers["content-language"]) == ("en", "de")
        assert '<html lang="de">' in german.text
        assert "Unter dieser Adresse gibt es keine Seite." in german.text


async def test_a_companys_name_is_shown_as_text(tmp_path: Path) -> None:
    async with console(tmp_path, name="<img src=x onerror=alert(1)>") as made:
        page = (await made.browser.get("/nowhere")).text
        assert "&lt;img src=x onerror=alert(1)&gt;" in page
        assert "<img" not in page
