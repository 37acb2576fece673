"""The formats of bodies: which columns a row of each has, in which order, and the leaf that seals it.

A column order is part of the seal: formats only ever gain a successor (`charges-v2`), never an edit.
"""

from __future__ import annotations

import attrs


@attrs.frozen
class BodyFormat:
    """One kind of bulk row. `name` is also its table; `columns` are sealed in this order, the first being `line`.

    `salted` rows are sealed as H(0x00, salt, bytes): the salt is stored beside the row and destroyed with it.
    """

    name: str
    format: str
    columns: tuple[str, ...]
    integers: frozenset[str]
    salted: bool = False


CHARGES = BodyFormat(
    "charges",
    "charges-v1",
    (
        "line", "sub_account", "service", "service_kind", "kind", "product", "customer_code", "quantity", "unit",
        "rate", "exact", "effective_cost", "amount", "service_from", "service_to", "timing", "document", "member",
        "place", "start", "end", "posting", "reason", "ref",
    ),
    frozenset({"line", "amount", "document", "start", "end", "posting"}),
)  # fmt: skip
"""One charge a row. `exact` is None where it equals `amount` minor units, `effective_cost` None where it equals the
exact amount. `posting` is the line of the posting in the same fact that carries the whole charge, None where `shares`
split it; `reason` and `ref` ("FACT.LINE") are the evidence of its coding."""

POSTINGS = BodyFormat(
    "postings",
    "postings-v1",
    (
        "line", "account", "role", "fund", "department", "object", "vendor", "booked", "billed", "partner", "basis",
        "book", "currency", "amount", "effective",
    ),
    frozenset({"line", "amount"}),
)  # fmt: skip
"""One posting a row; debit positive. `effective` repeats the fact's date so that one index answers both clocks."""

SHARES = BodyFormat(
    "shares",
    "shares-v1",
    ("line", "charge_fact", "charge_line", "posting", "amount", "exact", "reason", "ref"),
    frozenset({"line", "charge_fact", "charge_line", "posting", "amount"}),
)
"""One part of a charge: of a split, or of a later recoding (minus from the old posting, plus to the new one).
`charge_fact` is 0 for a charge of the same fact: its sequence is not known while the row is sealed."""

PARTICULARS = BodyFormat("particulars", "particulars-v1", ("line", "text"), frozenset({"line"}), salted=True)
"""Free text of the charge of the same line, and whatever else may name a person."""

REFERENCE = BodyFormat(
    "reference", "reference-v1", ("line", "key", "valid_from", "valid_to", "value"), frozenset({"line"})
)
"""One version of one reference row: key and value are canonical JSON, `valid_to` is inclusive."""

USAGE = BodyFormat(
    "usage", "usage-v1", ("line", "service", "unit", "quantity", "records"), frozenset({"line", "records"})
)
"""What one service used in a bill's period, of one unit: the sum of `records` records, or the vendor's own sum. Sorted
by service and unit; `quantity` is an exact decimal. Only bills whose importer says something of use carry it."""

CREDITS = BodyFormat(
    "credits",
    "credits-v1",
    (
        "line", "credit_fact", "credit_line", "outcome", "code", "charge_fact", "charge_line", "dispute", "amount",
        "score", "reason",
    ),
    frozenset({"line", "credit_fact", "credit_line", "charge_fact", "charge_line", "amount", "score"}),
)  # fmt: skip
"""What became of one credit, or one thing that it may follow. `charge_fact` is 0 where that is no charge, `dispute` ""
where it is no dispute. `amount` is what of the credit the row speaks of, negative minor units; `score` a percent."""

EXCEPTIONS = BodyFormat(
    "exceptions",
    "exceptions-v1",
    (
        "line", "check", "code", "charge", "service", "stake", "confidence", "cause", "waiver", "found", "advice",
        "evidence",
    ),
    frozenset({"line", "charge", "stake", "confidence"}),
)  # fmt: skip
"""What a check objects to in one charge of a bill, or in the bill itself (`charge` 0). `stake` in minor units,
`confidence` in whole percent; `waiver` ("FACT.LINE") is the reference row that covers it, else None; `evidence` is
canonical JSON: names with what they show."""

DISPUTED = BodyFormat(
    "disputed",
    "disputed-v1",
    ("line", "charge_fact", "charge_line", "amount", "what"),
    frozenset({"line", "charge_fact", "charge_line", "amount"}),
)
"""What a dispute, or a step of it, says of one charge: minor units with the sign of the charge. `what` is 'named' or
'tax' where the charge is disputed, and 'conceded', 'credited' or 'dropped' where a step decides it."""

CONTROLS = BodyFormat(
    "controls",
    "controls-v1",
    ("line", "name", "scope", "stated", "computed", "binding", "document", "member", "place", "start", "end"),
    frozenset({"line", "binding", "document", "start", "end"}),
)
"""One stated figure of a bill beside the computed one, exact decimals. Only bills with so many that their fact does not
name them all carry it. `stated` and where it stands are None where the bill states nothing; `binding` is 1 or 0."""

FORMATS = {
    body.name: body
    for body in (
        CHARGES,
        POSTINGS,
        SHARES,
        PARTICULARS,
        REFERENCE,
        USAGE,
        CONTROLS,
        CREDITS,
        EXCEPTIONS,
        DISPUTED,
    )
}
