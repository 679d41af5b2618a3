"""Changes of the example policy, one key each, at less and at more."""

from __future__ import annotations

from typing import NamedTuple

from tests.unit.policy.worlds import EXAMPLE


class Case(NamedTuple):
    """One key at two values; `less` is what the table calls taken away, `more` what it calls added."""

    key: str
    at: str
    less: str
    more: str


def _from(first: str, last: str) -> str:
    """The example from one text to another, both with it."""
    start = EXAMPLE.index(first)
    return EXAMPLE[start : EXAMPLE.index(last, start) + len(last)]


EVENT = "  Unsubscribed:    [email]\n"
EVENT_OF_WHOM = "events of what identifies, or tells the region"
CONTRACT = "    contract: X\n    review: 2027-03-01\n    erase: api\n"
STOCK = _from(EVENT, "kind: square\n")
NARROWS = "narrows: [marketing"
PURPOSE = _from("\nconsent:\n", "\nfields:\n")
CARE = "  care: {about: Care, basis: contract, keep: 1 months after event}\n"
MESSAGE = "  message: {{type: text, class: contact, for: [fulfilment{}], minimise: redact_identifiers}}\n"


SIGN = "kind: hmac\n    sign: {header: x-sig, "
STAMPED = "timestamp: header:x-at, signed: '{timestamp}{body}', "


def _signed() -> list[Case]:
    """A change of each word of `sign`."""
    pairs = {
        "header": ("}", None), "signed": ("signed: '{body}!'}", "signed: '{body}'}"),
        "algorithm": ("algorithm: sha512}", "algorithm: sha1}"), "encoding": ("encoding: hex}", "encoding: base64}"),
        "prefix": ("prefix: a=}", "prefix: b=}"), "element": ("element: v0}", "element: v1}"),
        "timestamp": (STAMPED + "}", STAMPED.replace("x-at", "x-on") + "}"),
        "window": (STAMPED + "window: 5 minutes}", STAMPED + "window: 10 minutes}"),
        "id": ("id: body:id}", "id: body:key}"), "event": ("event: body:type}", "event: body:topic}"),
        "occurred": ("occurred: body:at}", "occurred: body:on}"), "key": ("key: hex}", "key: text}"),
        "key_prefix": ("key_prefix: a_}", "key_prefix: b_}"),
    }  # fmt: skip
    return [
        Case(
            f"channels.sign.{name}", "kind: square", SIGN + less,
            SIGN.replace("x-sig", "x-other") + less if more is None else SIGN + more,
        )
        for name, (less, more) in pairs.items()
    ]  # fmt: skip


CASES = [
    Case("policy", "policy: 1\n", "policy: 1\n", "policy:  1\n"),
    Case("extends", "retail@1  ", "retail@1  ", "retail@1    "),
    Case("controller.name", "Northwind Outfitters", "Northwind", "Northwind Outfitters"),
    Case("controller.contact", "privacy@northwind.example", "privacy@northwind.example", "dpo@northwind.example"),
    Case("controller.regulations", "[gdpr, uk-gdpr, ccpa]", "[gdpr, ccpa]", "[gdpr, uk-gdpr, ccpa]"),
    Case("controller.country", "  contact: p", "  contact: p", "  country: de\n  contact: p"),
    Case("controller.region.from", "store_country, account", "account", "store_country, account"),
    Case("controller.region.from", "[shipping_country, store", "[store_country, shipping", "[shipping_country, store"),
    Case("controller.region.unknown", "unknown: strictest", "unknown: strictest", "unknown: us"),
    Case("purposes", PURPOSE, PURPOSE + MESSAGE.format(""), CARE + PURPOSE + MESSAGE.format(", care")),
    Case("purposes.about", "Deliver and support", "Deliver", "Deliver and support"),
    Case("purposes.basis", "basis: legitimate_interest", "basis: consent", "basis: legitimate_interest"),
    Case("purposes.basis", "us: opt_out}", "us: opt_out, eu: opt_out, it: consent}", "us: opt_out, eu: opt_out}"),
    Case("purposes.basis", "{default: consent, us: opt_out}", "consent", "{default: consent, us-ca: opt_out}"),
    Case("purposes.keep", "keep: 84 months", "keep: 72 months", "keep: 84 months"),
    Case("purposes.sold_or_shared", "sold_or_shared: true", "sold_or_shared: false", "sold_or_shared: true"),
    Case(
        "purposes.soft_opt_in.after",
        "us: opt_out}",
        "us: soft_opt_in}\n    soft_opt_in: {after: [Unsubscribed]}",
        "us: soft_opt_in}\n    soft_opt_in: {after: [Unsubscribed, Order Completed]}",
    ),
    Case("consent.absent", "absent: denied", "absent: denied", "absent:  denied"),
    Case("consent.names", "    C0004: marketing  ", "    ", "    C0004: marketing  "),
    Case("consent.names", "    Analytics: analytics", "    Other: analytics", "    Analytics: analytics"),
    Case("classes", "\nfields:\n", "\nfields:\n", "\nclasses: [habits]\nfields:\n"),
    Case(
        "fields",
        "  page_path:   {",
        "  page_path:   {",
        "  page_title: {type: text, class: behaviour, for: [analytics]}\n  page_path:   {",
    ),
    Case("fields.type", "order_total: {type: money", "order_total: {type: decimal", "order_total: {type: money"),
    Case("fields.class", "class: profile", "class: behaviour", "class: profile"),
    Case(
        "fields.for",
        "class: profile, for: [marketing]",
        "class: profile, for: [marketing]",
        "class: profile, for: [analytics, marketing]",
    ),
    Case("fields.identifies", "identifies: device", "mask: last4", "identifies: device"),
    Case(
        "fields.nobody",
        "identifies: person, find_by",
        "identifies: person, find_by",
        "identifies: person, nobody: ['+390255512345'], find_by",
    ),
    Case("fields.find_by", "find_by: [exact, last4]", "find_by: [exact]", "find_by: [exact, last4]"),
    Case("fields.minimise", "minimise: year", "minimise: year", "minimise: month"),
    Case("fields.minimise", ", minimise: network", ", minimise: network", ""),
    Case("fields.mask", "minimise: year", "minimise: year, mask: hidden", "minimise: year, mask: year"),
    Case(
        "fields.clear",
        "accounting, analytics], clear: true",
        "accounting, analytics]",
        "accounting, analytics], clear: true",
    ),
    Case("fields.of", "of: {sku: text, quantity", "of: {quantity", "of: {sku: text, quantity"),
    Case(
        "fields.condition",
        "\nevents: ",
        "\n  note: {type: text, class: special, for: [fulfilment], condition: health_care}\nevents: ",
        "\n  note: {type: text, class: special, for: [fulfilment], condition: research}\nevents: ",
    ),
    Case("events", "order_total, items, ship", "order_total, ship", "order_total, items, ship"),
    Case("channels", "channels:   ", "channels:   ", "channels:\n  app: {kind: segment, key: secret}\n"),
    Case("channels.kind", "kind: square", "kind: stripe", "kind: square"),
    Case("channels.key", "key: public\n    origins: [https://shop.example]", "key: secret", "key: public"),
    Case("channels.origins", "[https://shop.example]", "[]", "[https://shop.example]"),
    Case("channels.stage", "stage: live  ", "stage: observe  ", "stage: live  "),
    Case("channels.stage", "stage: live  ", "stage: live  ", "stage: trial  "),
    Case(
        "channels.events",
        STOCK,
        "  Stock: [items]\n" + STOCK + "    events: [identify]\n",
        "  Stock: [items]\n" + STOCK + "    events: [identify, Stock]\n",
    ),
    Case(
        "channels.map",
        "order_total: payment.amount_money",
        "order_total: payment.amount",
        "order_total: payment.amount_money",
    ),
    Case("channels.map", ", order_total: payment.amount_money", "", ", order_total: payment.amount_money"),
    Case("channels.proves", "key: secret", "key: secret", "key: secret\n    proves: [email]"),
    Case("channels.narrows", STOCK, f"{STOCK}    {NARROWS}]\n", f"{STOCK}    {NARROWS}, analytics]\n"),
    Case("channels.narrows", STOCK, f"{STOCK}    {NARROWS}]\n", STOCK),
    *_signed(),
    Case("channels.country", "kind: square", "kind: square", "kind: square\n    country: de"),
    Case(
        "events",
        "  Order Completed: [email, phone, name,",
        "  Order Completed: [email, phone,",
        "  Order Completed: [email, phone, name,",
    ),
    Case(
        EVENT_OF_WHOM,
        "  Order Completed: [email, phone,",
        "  Order Completed: [email,",
        "  Order Completed: [email, phone,",
    ),
    Case(EVENT_OF_WHOM, "items, shipping_country]", "items]", "items, shipping_country]"),
    Case(EVENT_OF_WHOM, EVENT, EVENT, "  Left: [email]\n" + EVENT),
    Case(
        "fields.for of what identifies",
        "for: [fulfilment, marketing], identifies: person}\n  phone",
        "for: [marketing], identifies: person}\n  phone",
        "for: [fulfilment, marketing], identifies: person}\n  phone",
    ),
    Case(
        "channels.events of what identifies, or tells the region",
        "key: secret",
        "key: secret\n    events: [identify]",
        "key: secret",
    ),
    Case(
        "recipients",
        "recipients:   ",
        "recipients:   ",
        "recipients:\n  lake: {kind: csv, path: /l, role: internal, for: [analytics], fields: [items]}\n",
    ),
    Case("recipients.kind", "kind: segment                      #", "kind: webhook #", "kind: segment #"),
    Case(
        "recipients.role",
        "    role: internal\n    for: [analytics]\n    fields: [device",
        "    role: processor\n" + CONTRACT + "    for: [analytics]\n    fields: [device",
        "    role: controller\n" + CONTRACT + "    for: [analytics]\n    fields: [device",
    ),
    Case(
        "recipients.for",
        "    for: [marketing]\n    fields: [email",
        "    for: [marketing]\n    fields: [email",
        "    for: [marketing, fulfilment]\n    fields: [email",
    ),
    Case(
        "recipients.fields", "fields: [email, name, loyalty_id]", "fields: [email]", "fields: [email, name, loyalty_id]"
    ),
    Case("recipients.url", "rudder.internal", "rudder.inside", "rudder.internal"),
    Case("recipients.path", "s3://northwind-lake/lockhouse/", "s3://northwind-lake/", "s3://northwind-lake/lockhouse/"),
    Case("recipients.region", "region: us\n", "region: ca\n", "region: us\n"),
    Case("recipients.region", "region: us\n", "\n", "region: us\n"),
    Case("recipients.safeguard", "safeguard: dpf", "safeguard: scc", "safeguard: dpf"),
    Case("recipients.contract", "DPA-2026-014", "DPA-1", "DPA-2026-014"),
    Case("recipients.review", "review: 2027-03-01", "review: 2026-03-01", "review: 2027-03-01"),
    Case("recipients.erase", "    every: 1 day", "    every: 1 day", "    every: 1 day\n    erase: task"),
    Case("recipients.person", "person: pseudonym", "person: pseudonym", "person: identifiers"),
    Case("recipients.every", "every: 1 day", "every: 1 day", "every: 2 hours"),
    Case("roles", "  auditor: {", "  auditor: {", "  clerk: {for: [fulfilment], see: {contact: masked}}\n  auditor: {"),
    Case(
        "roles.for", "for: [analytics]\n    see", "for: [analytics]\n    see", "for: [analytics, fulfilment]\n    see"
    ),
    Case("roles.see", "transactions: full}", "transactions: masked}", "transactions: full}"),
    Case(
        "roles.reveal",
        "    reveal: {contact: {reason: [call back, delivery problem, other], step_up: 8 hours}}\n",
        "",
        "    reveal: {contact: {reason: [call back, delivery problem, other], step_up: 8 hours}}\n",
    ),
    Case("roles.reveal.reason", "[call back, delivery problem, other]", "[other]", "required"),
    Case("roles.reveal.step_up", ", step_up: 8 hours", ", step_up: 5 minutes", ", step_up: 8 hours"),
    Case("roles.reveal.step_up", ", step_up: 8 hours", ", step_up: 8 hours", ""),
    Case("roles.reveal.grant", ", step_up: 8 hours", ", step_up: 8 hours", ", step_up: 8 hours, grant: required"),
    Case("roles.check", "    check: [contact] ", "    check: [] ", "    check: [contact] "),
    Case("roles.change", "    change: [contact] ", "    change: [] ", "    change: [contact] "),
    Case("roles.may", "ledger.read, ", "", "ledger.read, "),
    Case("roles.limits.persons_per_hour", "60, export: never, mode: observe", "60", "61"),
    Case(
        "roles.limits.persons_per_hour",
        "    limits: {persons_per_hour: 60, export: never, mode: observe}\n",
        "    limits: {persons_per_hour: 60}\n",
        "",
    ),
    Case("roles.limits.export", "export: never", "export: never", "export: allowed"),
    Case("roles.limits.mode", "mode: observe", "mode: enforce", "mode: observe"),
    Case(
        "roles.training",
        "training: [privacy-basics, phishing]",
        "training: [phishing]",
        "training: [privacy-basics, phishing]",
    ),
    Case(
        "roles.networks",
        "    check: [contact] ",
        "    networks: [10.1.0.0/16]\n    check: [contact] ",
        "    check: [contact] ",
    ),
    Case("ceilings", "\nseparate:\n", "\nseparate:\n", "\nceilings: {contact: {persons_per_hour: 500}}\nseparate:\n"),
    Case(
        "ceilings.persons_per_hour",
        "\nseparate:\n",
        "\nceilings: {contact: {persons_per_hour: 500}}\nseparate:\n",
        "\nceilings: {contact: {persons_per_hour: 501}}\nseparate:\n",
    ),
    Case(
        "ceilings.mode",
        "\nseparate:\n",
        "\nceilings: {contact: {persons_per_hour: 500}}\nseparate:\n",
        "\nceilings: {contact: {persons_per_hour: 500, mode: observe}}\nseparate:\n",
    ),
    Case("separate.roles", "roles: [[admin, privacy_officer]]", "roles: []", "roles: [[admin, privacy_officer]]"),
    Case(
        "separate.steps",
        "steps: [[policy.propose, policy.approve]]",
        "steps: []",
        "steps: [[policy.propose, policy.approve]]",
    ),
    Case(
        "training",
        "  phishing:       {every",
        "  phishing:       {every",
        "  tills: {every: 12 months}\n  phishing:       {every",
    ),
    Case(
        "training.every",
        "phishing:       {every: 12 months",
        "phishing:       {every: 6 months",
        "phishing:       {every: 12 months",
    ),
    Case(
        "training.grace",
        "phishing:       {every: 12 months, grace: 14 days",
        "phishing:       {every: 12 months, grace: 7 days",
        "phishing:       {every: 12 months, grace: 14 days",
    ),
]
