"""Texts with made-up identifiers and where they stand, as JSON Lines on standard output.

Run by the Python of `requirements/quality.lock`, which has presidio-evaluator and nothing of ours: neither its words
nor its numbers come from who wrote the search. Two sets: its own sentences, and sentences of ours with the national
numbers that Faker makes and with order numbers, which are nobody's.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sys
from typing import TYPE_CHECKING, Any

os.environ["TQDM_DISABLE"] = "1"

from faker.providers import DynamicProvider
from presidio_evaluator.data_generator import PresidioSentenceFaker
from presidio_evaluator.data_generator import presidio_sentence_faker as presidio

if TYPE_CHECKING:
    from collections.abc import Iterator

NATIONAL = {  # Faker's numbers of these countries are valid; those it makes for others are not
    "de_AT": ("Austria", "ssn", "Versicherungsnummer"),
    "nl_BE": ("Belgium", "ssn", "rijksregisternummer"),
    "pt_BR": ("Brazil", "cpf", "CPF"),
    "en_CA": ("Canada", "ssn", "SIN"),
    "fi_FI": ("Finland", "ssn", "henkil\u00f6tunnus"),
    "fr_FR": ("France", "ssn", "num\u00e9ro de s\u00e9curit\u00e9 sociale"),
    "it_IT": ("Italy", "ssn", "codice fiscale"),
    "nl_NL": ("Netherlands", "ssn", "BSN"),
    "no_NO": ("Norway", "ssn", "f\u00f8dselsnummer"),
    "pl_PL": ("Poland", "pesel", "PESEL"),
    "es_ES": ("Spain", "nie", "NIE"),
    "sv_SE": ("Sweden", "ssn", "personnummer"),
    "de_CH": ("Switzerland", "ssn", "AHV"),
    "en_US": ("United States", "ssn", "SSN"),
}
SENTENCES = (
    "My {word} is {{{{{kind}}}}}, please put it on the invoice.",
    "{word}: {{{{{kind}}}}}",
    "Here it is: {{{{{kind}}}}}. The order is {{{{order_number}}}}.",
    "{{{{name}}}}, {{{{{kind}}}}}, {{{{city}}}}",
    "Where is my order {{{{order_number}}}}? I am waiting since {{{{date}}}}.",
    "Article {{{{order_number}}}} is out of stock, I wanted 2 of it and 1 of {{{{order_number}}}}.",
    "/account/orders/{{{{order_number}}}}?page=2&sort={{{{date}}}}",
)
ORDERS = 4_000


def _presidio(seed: int, texts: int) -> Iterator[dict[str, Any]]:
    # Without the hospitals, which it would fetch from the net; no sentence names one.
    providers = [one for one in presidio.presidio_additional_entity_providers if one.__name__ != "HospitalProvider"]
    faker = PresidioSentenceFaker("en_US", 0.05, entity_providers=providers, random_seed=seed)
    yield from _drawn("presidio", faker, texts)


def _national(seed: int, texts: int) -> Iterator[dict[str, Any]]:
    draw = random.Random(seed)  # noqa: S311 - made-up numbers, no secret
    orders = [str(draw.randrange(10 ** (size - 1), 10**size)) for size in range(5, 15) for _ in range(ORDERS // 10)]
    for locale, (country, kind, word) in NATIONAL.items():
        faker = PresidioSentenceFaker(
            locale,
            0.0,
            sentence_templates=[sentence.format(word=word, kind=kind) for sentence in SENTENCES],
            entity_providers=[DynamicProvider("order_number", elements=orders)],
            base_records=[{"none": "none"}],
            entity_type_mapping={
                kind: country,
                "order_number": "ORDER",
                "name": "NAME",
                "city": "CITY",
                "date": "DATE",
            },
            provider_aliases=[("name", "person")],
            random_seed=seed,
        )
        yield from _drawn("national", faker, texts // len(NATIONAL))


def _drawn(name: str, faker: Any, texts: int) -> Iterator[dict[str, Any]]:
    for sample in faker.generate_new_fake_sentences(texts):
        spans = [(span.entity_type, span.start_position, span.end_position) for span in sample.spans]
        yield {"set": name, "text": sample.full_text, "spans": spans}


def main() -> None:
    """Print both sets."""
    parser = argparse.ArgumentParser(description="Make texts with identifiers in them.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--texts", type=int, required=True, help="how many a set")
    chosen = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):  # its generator tells of its defaults there
        made = [*_presidio(chosen.seed, chosen.texts), *_national(chosen.seed, chosen.texts)]
    for one in made:
        print(json.dumps(one))


if __name__ == "__main__":
    main()
