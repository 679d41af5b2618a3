"""Every word a policy file may use, in one place, so that a message can name the nearest one."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
"""Fields, purposes and classes; no `-`, `+`, `@` or `|`, which build the registry's names."""
LABEL = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
"""Channels, recipients, roles and courses."""
TEMPLATE = re.compile(r"[a-z][a-z0-9-]{0,39}@[0-9]{1,3}")
"""Templates: a name and a version; no address ends in digits alone."""
EVENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.:/-]{0,79}\Z")
PATH = re.compile(r"[A-Za-z0-9_$ -]{1,64}(?:\.[A-Za-z0-9_$ -]{1,64}){0,9}\Z")

SECTIONS = (
    "ceilings", "channels", "classes", "consent", "controller", "events", "extends", "fields", "policy", "purposes",
    "recipients", "roles", "separate", "training",
)  # fmt: skip
CLASSES = ("behaviour", "contact", "identity", "location", "profile", "special", "transactions")
SPECIAL = "special"
BASES = (
    "consent", "contract", "legal_obligation", "legitimate_interest", "opt_out", "soft_opt_in", "vital_interest",
)  # fmt: skip
REGULATIONS = (
    "appi", "ccpa", "cpa", "ctdpa", "fadp", "gdpr", "lgpd", "pipeda", "popia", "tdpsa", "uk-gdpr", "vcdpa",
)  # fmt: skip
CONDITIONS = (  # GDPR Art. 9(2)(a)-(j)
    "employment", "explicit_consent", "foundation", "health_care", "legal_claims", "made_public", "public_health",
    "research", "substantial_public_interest", "vital_interests",
)  # fmt: skip
EXPLICIT_CONSENT = "explicit_consent"
STAGES = ("live", "observe", "trial")
CHANNEL_KINDS = (
    "file", "hmac", "klaviyo", "linkedin", "mailchimp", "mailgun", "meta", "meta_leads", "posthog", "segment",
    "sendgrid", "ses", "shopify", "snowplow", "square", "standard-webhooks", "stripe", "tiktok",
)  # fmt: skip
KEYED_KINDS = ("segment",)
"""Kinds whose senders hold a key of ours; the others are authenticated by their own signature."""
SENDING_KINDS = ("file", "posthog", "segment", "snowplow")
"""Kinds by which a house's own systems send; through the others providers pass on what customers asked them for."""
RECIPIENT_KINDS = ("csv", "klaviyo", "parquet", "segment", "webhook")
RECIPIENT_ROLES = ("controller", "internal", "processor")
SAFEGUARDS = ("adequacy", "bcr", "derogation", "dpf", "scc", "uk-idta")
ERASE_WAYS = ("api", "task", "webhook")
SEE_MODES = ("aggregate", "full", "masked")
PERMISSION_AREAS = (
    "alert", "audience", "audit", "backup", "breach", "channel", "consent", "grant", "hold", "import", "incident",
    "insight", "key", "ledger", "mail", "patch", "person", "phishing", "policy", "recipient", "record", "request",
    "retention", "staff", "suppression", "token", "training",
)  # fmt: skip
PERMISSION = re.compile(r"([a-z]+)\.(?:\*|[a-z][a-z_-]{0,39})\Z")

_CODE = re.compile(r"\w\w")
EU = frozenset(  # European Economic Area, for the region word `eu`
    _CODE.findall("at be bg cy cz de dk ee es fi fr gr hr hu ie is it li lt lu lv mt nl no pl pt ro se si sk")
)
COUNTRIES = frozenset(  # ISO 3166-1 alpha-2, officially assigned
    _CODE.findall("""
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM
    FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
    JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN
    MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT
    PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL
    TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW""")
)
_REGION = re.compile(r"([a-z]{2})(?:-[a-z0-9]{1,3})?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeWords:
    """What may be said about a field of a type: masks (the first is the default), minimisers, ways to be found."""

    masks: tuple[str, ...]
    minimise: tuple[str, ...] = ()
    find_by: tuple[str, ...] = ()
    identifies: tuple[str, ...] = ()
    clear: bool = False


TYPES: dict[str, TypeWords] = {
    "boolean": TypeWords(masks=("hidden",), clear=True),
    "country": TypeWords(masks=("whole", "hidden"), clear=True),
    "date": TypeWords(masks=("year", "hidden"), minimise=("month", "year"), clear=True),
    "decimal": TypeWords(masks=("hidden",), minimise=("coarse_geo",), clear=True),
    "email": TypeWords(masks=("email", "hidden"), find_by=("exact",), identifies=("person",)),
    "id": TypeWords(
        masks=("last4", "hidden"), minimise=("truncate",), find_by=("exact", "last4"), identifies=("device", "person")
    ),
    "integer": TypeWords(masks=("hidden",), clear=True),
    "ip": TypeWords(masks=("network", "hidden"), minimise=("network",)),
    "list": TypeWords(masks=("hidden",)),
    "money": TypeWords(masks=("hidden",), clear=True),
    "phone": TypeWords(masks=("phone", "hidden"), find_by=("exact", "last4"), identifies=("person",)),
    "text": TypeWords(
        masks=("first", "hidden"), minimise=("coarse_geo", "redact_identifiers", "truncate"),
        find_by=("exact", "surname"),
    ),
    "url": TypeWords(masks=("hidden",), minimise=("redact_identifiers", "truncate")),
}  # fmt: skip
ITEM_TYPES = tuple(sorted(set(TYPES) - {"list"}))


def is_region(word: str) -> bool:
    """Whether a word names a region: `eu`, a country (`de`) or a subdivision (`us-ca`), in lower case."""
    if word == "eu":
        return True
    part = _REGION.match(word)
    return part is not None and part.group(1).upper() in COUNTRIES


def region_keys(region: str) -> tuple[str, ...]:
    """The keys under which a region's basis is looked for, the closest first."""
    country = region.partition("-")[0]
    keys = (region,) if country == region else (region, country)
    return (*keys, "eu") if country in EU else keys
