"""The OpenAPI document says what the API does: schemathesis asks by it, as nobody and as each role, and holds answers.

Requests go to the application in this process. The draws are few and the same in every run.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from lockhouse.faces.api.openapi import document
from lockhouse.faces.api.route import PREFIX
from lockhouse.faces.api.shapes import Nothing
from lockhouse.faces.api.table import ROUTES
from tests.faces.api.world import HERE, RETAIL, ROLES, ApiWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, unsupported_method,
]  # fmt: skip
UNPROVEN = 401
MAY = sorted({f"{route.needs.word.partition('.')[0]}.*" for route in ROUTES if route.needs.kind == "permission"})
"""All that there is to be given: a token with it reaches the deed behind every permission."""
EXAMPLES = 4
"""Of each operation and caller."""
ASKED = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


class Asked:
    """A house in a loop of its own, asked from a test that knows none."""

    def __init__(self, folder: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self.api = self.run(ApiWorld.make(folder))
        self.run(self.api.world.approve(f"{RETAIL}\nroles:\n  everything: {{may: [{', '.join(MAY)}]}}\n"))
        self.api.tokens["bare"] = self.run(self.api.token(""))
        self.api.tokens["everything"] = self.run(self.api.token("everything"))

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """The application, as a caller of this machine reaches it."""
        await self.api.app({**scope, "client": HERE} if scope["type"] == "http" else scope, receive, send)

    def run(self, coroutine: Any) -> Any:
        return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        self._loop.close()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    made = Asked(tmp_path_factory.mktemp("api"))
    yield made
    made.close()


SCHEMA = schemathesis.openapi.from_dict(document(list(ROUTES)))
OPERATIONS = {
    one.ok().definition.raw["operationId"]: one.ok() for one in SCHEMA.get_all_operations() if isinstance(one, Ok)
}


def test_the_document_is_a_document_of_openapi_and_names_every_route() -> None:
    made = document(list(ROUTES))
    assert made["openapi"] == "3.1.0"
    assert set(OPERATIONS) == {route.name for route in ROUTES} | {"openapi"}
    for name, schema in made["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema.get("description"), name


def _modes(name: str) -> list[GenerationMode]:
    """What is asked as the document says, and otherwise, where anything can be asked otherwise."""
    route = next((one for one in ROUTES if one.name == name), None)
    bare = route is None or not (route.words or route.body or route.query is not Nothing)
    return [GenerationMode.POSITIVE, *([] if bare else [GenerationMode.NEGATIVE])]


async def test_the_document_is_served_to_anybody(tmp_path: Any) -> None:
    api = await ApiWorld.make(tmp_path)
    answer = await api.call("GET", "/openapi.json")
    assert (answer.status_code, answer.json()["servers"]) == (200, [{"url": PREFIX}])
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("who", ["nobody", "bare", *ROLES, "everything"])
@pytest.mark.parametrize("name", list(OPERATIONS))
def test_no_answer_is_a_fault_of_ours_or_other_than_the_document_says(asked: Asked, name: str, who: str) -> None:
    operation = OPERATIONS[name]
    headers = {} if who == "nobody" else {"Authorization": f"Bearer {asked.api.tokens[who]}"}

    @ASKED
    @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in _modes(name))))
    def ask(case: Any) -> None:
        others = {name: text for name, text in (case.headers or {}).items() if name.lower() != "authorization"}
        case.headers = others | headers
        response = case.call(app=asked.app, base_url=f"http://127.0.0.1{PREFIX}")
        case.validate_response(response, checks=CHECKS)
        assert (response.status_code == UNPROVEN) == (who == "nobody" and name != "openapi")

    ask()
    assert asked.api.incidents == []
