"""The catalogue of facts: every kind that the log may hold, what it carries, who may record it, who reads it."""

from __future__ import annotations

import attrs


@attrs.frozen
class FactKind:
    """One kind of fact. `bodies` are the bulk rows it may carry, `key` the shape of its idempotency key, `recorded_by`
    the roles of people who may record it ("any" is any enrolled person), `readings` the projections that read it."""

    name: str
    version: int
    meaning: str
    bodies: tuple[str, ...]
    key: str
    recorded_by: tuple[str, ...]
    readings: tuple[str, ...]


LEDGER_OPENED = "ledger-opened"
PERSON_ENROLLED = "person-enrolled"
KEY_WITHDRAWN = "key-withdrawn"
DOCUMENT_RECEIVED = "document-received"
DOCUMENT_REFUSED = "document-refused"
DOCUMENT_RELEASED = "document-released"
BILL_POSTED = "bill-posted"
ENTRY_POSTED = "entry-posted"
REFERENCE_LOADED = "reference-loaded"
PERIOD_OPENED = "period-opened"
PERIOD_CLOSED = "period-closed"
PERIOD_REOPENED = "period-reopened"
COVER_ENTERED = "cover-entered"
BILL_CHECKED = "bill-checked"
EXCEPTION_DECIDED = "exception-decided"
DECISION_PREPARED = "decision-prepared"
PREPARATION_ENDED = "preparation-ended"
ACT_APPROVED = "act-approved"
DISPUTE_OPENED = "dispute-opened"
DISPUTE_ADVANCED = "dispute-advanced"
CLAIM_CERTIFIED = "claim-certified"
PAYMENTS_LOADED = "payments-loaded"
GAP_ACCEPTED = "gap-accepted"
EXPORT_MADE = "export-made"
EXPORT_CONFIRMED = "export-confirmed"
CREDIT_MATCHED = "credit-matched"
DESTRUCTION_ORDERED = "destruction-ordered"
PARTICULARS_DESTROYED = "particulars-destroyed"

_ANY = ("any",)
_PEOPLE = ("coordinator", "accountant", "administrator")

#: Who prepares what others decide, and records nothing else: not even what anybody enrolled may.
AIDE = "aide"

#: What a service may record once the same act has said what a bill's credits follow.
AFTER_A_CREDIT = frozenset({ENTRY_POSTED, DISPUTE_ADVANCED})

CATALOGUE: dict[str, FactKind] = {
    kind.name: kind
    for kind in (
        FactKind(LEDGER_OPENED, 1, "The ledger begins: entity, currency, time zone, fiscal calendar, first person.",
                 (), "ledger", _ANY, ("trail", "people")),
        FactKind(PERSON_ENROLLED, 1, "A person or service may act, with this public key and these roles.",
                 (), "person/NAME/KEY", ("administrator",), ("trail", "people")),
        FactKind(KEY_WITHDRAWN, 1, "Nothing that these keys sign is recorded any more; what they signed before stands.",
                 (), "person/NAME/withdrawn/ACT", ("administrator",), ("trail", "people")),
        FactKind(DOCUMENT_RECEIVED, 1, "A complete file came and is kept in the archive under its SHA-256.",
                 (), "document/SHA256", _ANY, ("trail", "documents")),
        FactKind(DOCUMENT_REFUSED, 1, "A file, or a bill in it, was not taken in, for these reasons.",
                 (), "refused/SHA256/ACT", _ANY, ("trail", "documents")),
        FactKind(DOCUMENT_RELEASED, 1, "A waiting or refused document was dismissed by a person, with a reason.",
                 (), "released/SHA256/ACT", _PEOPLE, ("trail", "documents")),
        FactKind(BILL_POSTED, 1, "A bill, its charges as coded on arrival, and its one entry.",
                 ("charges", "particulars", "postings", "shares", "usage", "controls"),
                 "bill/VENDOR/ACCOUNT/NUMBER-or-PERIOD/GENERATION", _ANY,
                 ("trail", "bills", "balances", "attribution", "exceptions")),
        FactKind(ENTRY_POSTED, 1, "Any entry but a bill's: a reclass, reversal, chargeback, hold, payment and so on.",
                 ("postings", "shares"), "entry/KIND/...", _PEOPLE,
                 ("trail", "bills", "balances", "attribution", "chargebacks")),
        FactKind(REFERENCE_LOADED, 1, "Rows of one reference sheet, dated: added, changed, ended.",
                 ("reference",), "reference/SHEET/ACT", _PEOPLE, ("trail", "reference")),
        FactKind(PERIOD_OPENED, 1, "A period takes postings.", (), "period/PERIOD/GENERATION", ("accountant",),
                 ("trail", "periods")),
        FactKind(PERIOD_CLOSED, 1, "Nothing posts into this period any more.", (), "period/PERIOD/GENERATION",
                 ("accountant",), ("trail", "periods")),
        FactKind(PERIOD_REOPENED, 1, "A closed period takes postings again, with a reason.", (),
                 "period/PERIOD/GENERATION", ("accountant",), ("trail", "periods")),
        FactKind(COVER_ENTERED, 1, "What the paper states of a bill that arrived without a total.", (),
                 "cover/SHA256/BILL", _PEOPLE, ("trail", "documents")),
        FactKind(BILL_CHECKED, 1, "What the checks found in a posted bill, on what was known. The latest counts.",
                 ("exceptions",), "check/BILL/N", _ANY, ("trail", "checks", "exceptions")),
        FactKind(EXCEPTION_DECIDED, 1, "A person decided on items of the queue: accept, assign, hold, dispute.", (),
                 "decision/ACT", _PEOPLE, ("trail", "exceptions")),
        FactKind(DECISION_PREPARED, 1, "A decision was prepared for another person to take. It changes nothing.", (),
                 "prepared/ACT/N", (AIDE, *_PEOPLE), ("trail", "prepared")),
        FactKind(PREPARATION_ENDED, 1, "Another person took what was prepared, in this act, or it was refused.", (),
                 "seconded/ACT/PREPARED", ("coordinator", "accountant"), ("trail", "prepared")),
        FactKind(CREDIT_MATCHED, 1, "What credits of a bill follow, or where else they go: found, or decided.",
                 ("credits",), "credits/BILL/examined-or-ACT", ("service", *_PEOPLE),
                 ("trail", "credits")),
        FactKind(ACT_APPROVED, 1, "A second person approved an act.", (), "approval/ACT", _PEOPLE, ("trail",)),
        FactKind(DISPUTE_OPENED, 1, "Lines of a bill are disputed: which, why, by when; withheld or claimed.",
                 ("disputed",), "dispute/DISPUTE", _PEOPLE, ("trail", "disputes")),
        FactKind(DISPUTE_ADVANCED, 1, "A step of a dispute: noticed, escalated, conceded, refused, credited ...",
                 ("disputed",), "dispute/DISPUTE/N", _PEOPLE, ("trail", "disputes")),
        FactKind(CLAIM_CERTIFIED, 1, "The auditing officer certified what may be paid of a bill, by its digest.", (),
                 "claim/BILL/NUMBER", ("accountant",), ("trail", "payables")),
        FactKind(PAYMENTS_LOADED, 1, "A file of payments was read back: each row is posted, known or refused.", (),
                 "payments/SHA256/ACT", _PEOPLE, ("trail", "payables")),
        FactKind(GAP_ACCEPTED, 1, "One of two people accepts that a bill's total is off by so much.", (),
                 "gap/SHA256/BILL/ACT", _PEOPLE, ("trail",)),
        FactKind(EXPORT_MADE, 1, "A file went out, with its digest and the entries in it.", (), "export/TARGET/BATCH",
                 _PEOPLE, ("trail", "exports")),
        FactKind(EXPORT_CONFIRMED, 1, "The receiving system's answer to an export.", (), "confirmation/TARGET/BATCH",
                 _PEOPLE, ("trail", "exports")),
        FactKind(DESTRUCTION_ORDERED, 1, "The particulars of these bills are to be destroyed under a records schedule.",
                 (), "destruction/order/ACT", ("administrator",), ("trail",)),
        FactKind(PARTICULARS_DESTROYED, 1, "Particulars were destroyed under a schedule; their salted leaves stay.",
                 (), "destruction/ACT", ("administrator",), ("trail",)),
    )
}  # fmt: skip
