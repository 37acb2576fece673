"""An example of every fact that this version records: what its content holds, in order. Shown in the docs, and frozen.

A content with other keys is another version of its kind: readers of old logs must still know what they read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger_core.facts import catalogue

_SHA = "2b83546cc8dd653a7d50d7a6983582c705559b053731259a4de56d5da6e93ff2"
_ROOT = "32fed91918ed9407b06b6b20639a3fe62e7bcdf96c17d18654f59ad9ce57b777"
_MARIA = {
    "person": "maria",
    "key": "d2a28ec8581826fbe75abecacc30a0b7",
    "public": "iyN9eI6Oqu9VDG0SWCP6RfH9X8KbLIi9+HERlHH8ExI=",
    "roles": ["administrator", "coordinator", "accountant"],
}
_KIM = {
    "person": "kim",
    "key": "cd8fa86afd6bf20d66d6c248647e5ecd",
    "public": "gyClGXfYw4yopJJ8Zw31gh5El2GUXhXp77JqFQnSMOo=",
    "roles": ["accountant"],
}
_DISCREPANCY = {
    "code": "gap",
    "where": "august.csv, bill, Total current charges at 9",
    "found": "states 42, its lines make 41.95, gap 0.05",
    "do": "Ask the vendor for a corrected bill; nothing was posted.",
    "stake": 5,
}
_LOCATOR = {"place": "9", "start": 310, "end": 342, "document": 0, "member": None}

_OPENED = {
    "entity": "City of Harbor",
    "currency": "USD",
    "time_zone": "America/Los_Angeles",
    "fiscal_year_start_month": 1,
    "chart_template": "fund:3 department:5 . object:5 . subobject:4",
    "default_fund": "520",
    "one_person": False,
    "notary": "AU5NkixZajgK38nu1yLoNYIvEjZ2FpPkurth4a+7BPE=",
    "people": [_MARIA],
}
_WITHDRAWN = {"person": "kim", "keys": [_KIM["key"]], "reason": "Kim has left"}
_RECEIVED = {
    "sha256": _SHA,
    "name": "august.csv",
    "size": 986,
    "plugin": "verizon_wireless",
    "importer": "verizon_wireless",
    "importer_version": "1",
    "part": "",
    "group": "",
    "needed": "",
}
_RECEIVED_ALL_THE_SAME = {**_RECEIVED, "failed": [["my_export", "plugin-error", "ValueError: no header"]]}
_REFUSED = {"documents": [{"sha256": _SHA}], "outcome": "rejected", "code": "gap", "problems": [_DISCREPANCY]}
_RELEASED = {"documents": [{"sha256": _SHA}], "item": "D-0011223344556677", "reason": "The vendor sent it by mistake"}
_BILL = {
    "bill": "B-2b83546cc8dd653a-0",
    "identity": '["Union Tel","100-200","number","1","USD"]',
    "generation": 1,
    "head": {
        "vendor": "Union Tel",
        "account": "100-200",
        "currency": "USD",
        "number": "1",
        "bill_date": "2026-08-28",
        "due_date": None,
        "period_from": "2026-08-01",
        "period_to": "2026-08-31",
        "credit_note": False,
        "provisional": False,
        "test": False,
        "place_kind": "row",
    },
    "importer": ["verizon_wireless", "1"],
    "documents": [{"sha256": _SHA, "name": "august.csv", "part": ""}],
    "ordinal": 0,
    "charges": 2,
    "total": 4195,
    "exact_total": "41.95",
    "suspense": 1200,
    "entry": "bill",
    "payable": True,
    "amount_due": None,
    "controls": [
        {
            "name": "Total current charges",
            "scope": "bill",
            "stated": "41.95",
            "computed": "41.95",
            "binding": True,
            "locator": _LOCATOR,
        }
    ],
    "exceptions": [],
}
_RECLASS = {
    "entry": "reclass",
    "narrative": "Parks uses this line since May",
    "state": "manual",
    "targets": [["Parks", "5420", "1"]],
    "charges": 1,
    "amount": 1200,
    "items": ["S-0011223344556677"],
}
_CHARGEBACK = {
    "entry": "chargeback",
    "period": "2026-08",
    "department": "Parks",
    "fund": "001",
    "currency": "USD",
    "amount": 1200,
    "journal": "CB-2026-08-Parks-1",
    "narrative": "Chargeback 2026-08, department Parks",
}
_REVERSAL = {
    "entry": "reversal",
    "narrative": "The vendor sent a corrected bill",
    "reverses": 7,
    "bill": "B-2b83546cc8dd653a-0",
    "total": -4195,
}
_HOLD = {
    "entry": "hold",
    "narrative": "The contract says 15.00",
    "dispute": "DSP-0123456789abcdef",
    "charges": 2,
    "amount": 1100,
    "items": ["C-0123456789abcdef"],
}
_RELEASE = {
    "entry": "release",
    "narrative": "refused: The vendor showed the order",
    "dispute": "",
    "charges": 1,
    "amount": 1000,
    "items": [],
}
_DISPUTE = {
    "dispute": "DSP-0123456789abcdef",
    "vendor": "Union Tel",
    "account": "100-200",
    "bill": "B-2b83546cc8dd653a-0",
    "posted": 7,
    "number": "1",
    "currency": "USD",
    "mode": "withheld",
    "amount": 1100,
    "tax": 100,
    "reason": "The contract says 15.00",
    "codes": ["rate-above-contract"],
    "opened": "2026-09-01",
    "deadline": "2026-10-27",
    "due": "2026-09-27",
    "late": False,
    "items": ["C-0123456789abcdef"],
    "entries": [8],
}
_STEP = {
    "dispute": "DSP-0123456789abcdef",
    "step": "credited",
    "on": "2026-11-03",
    "amount": 1100,
    "method": "",
    "reference": "",
    "reason": "the vendor credited it on B-1c83546cc8dd653a-0:7",
    "credit": {"fact": 31, "line": 7},
    "entries": [33],
}
_LOADED = {
    "sheet": "services",
    "file": "services.csv",
    "sha256": _SHA,
    "added": 2,
    "changed": 0,
    "ended": 0,
    "unchanged": 0,
}
_CLOSED = {
    "period": "2026-08",
    "head": {"size": 13, "root": _ROOT},
    "funds": [{"currency": "USD", "fund": "520", "debit": 10590, "credit": 10590}],
    "unresolved": [_DISCREPANCY],
    "generation": 1,
}
_REOPENED = {"period": "2026-08", "reason": "A late bill", "closed_by": "maria", "alone": False, "generation": 2}
_CHECKED = {
    "bill": "B-2b83546cc8dd653a-0",
    "posted": 7,
    "checks": [["duplicate-lines", "1"], ["rates", "1"]],
    "open": 1,
    "waived": 0,
    "stake": 251,
    "left_off": 0,
}
_DECIDED = {"decision": "assign", "items": ["X-0011223344556677"], "owner": "kim", "reason": "She knows the contract"}
_PREPARED = {
    "decision": "hold",
    "reason": "The contract says 25.00",
    "arguments": {
        "named": ["C-0011223344556677"],
        "bill": None,
        "service": None,
        "amount": None,
        "department": None,
        "object": None,
        "split": [],
        "suspense": False,
        "mode": None,
        "tax": True,
        "on": None,
        "owner": None,
        "rule": None,
        "most": None,
        "until": None,
    },
    "items": ["C-0011223344556677"],
    "charges": 1,
    "amount": 1500,
}
_SECONDED = {"prepared": 6, "by": "uma", "outcome": "taken", "reason": "", "facts": [7, 8]}
_APPROVED = {"period": "2026-08", "entries": [11, 12], "alone": False}
_ORDERED = {
    "before": "2020-01-01",
    "schedule": "GS2010-081 R2",
    "reason": "Retention has ended",
    "facts": [7],
    "texts": 2,
    "alone": False,
}
_DESTROYED = {"fact": 7, "count": 2, "lines": [[1, 2]], "schedule": "GS2010-081 R2", "reason": "Retention has ended"}
_COVER = {
    "bill": "B-2b83546cc8dd653a-0",
    "document": _SHA,
    "total": "41.95",
    "number": "INV-77",
    "bill_date": "2026-08-28",
    "account": None,
    "reason": "Paper in folder 12",
}
_EXPORT = {
    "target": "journal",
    "batch": "J0001",
    "exporter": "journal_csv",
    "exporter_version": "1",
    "sha256": _SHA,
    "entries": [11, 12],
    "lines": 8,
    "funds": [{"currency": "USD", "fund": "001", "debit": 10590, "credit": 10590}],
    "head": {"size": 13, "root": _ROOT},
    "period": "2026-08",
}
_VOUCHERS = {
    "target": "vouchers",
    "batch": "V0001",
    "exporter": "ap_voucher_csv",
    "exporter_version": "1",
    "sha256": _SHA,
    "entries": [7],
    "lines": 1,
    "funds": [{"currency": "USD", "fund": "520", "debit": 4195, "credit": 4195}],
    "head": {"size": 13, "root": _ROOT},
    "period": "2026-08",
    "claims": [14],
}
_PLACE = {"account": "5188000", "fund": "520", "department": "Parks", "object": "5420", "string": "520.5420"}
_CLAIM = {
    "claim": "C-0123456789abcdef",
    "bill": "B-2b83546cc8dd653a-0",
    "posted": 7,
    "number": 1,
    "vendor": "Union Tel",
    "account": "100-200",
    "invoice": "1",
    "currency": "USD",
    "payable": 4195,
    "held": 0,
    "before": 0,
    "amount": 4195,
    "lines": [{"line": 1, **_PLACE, "amount": 4195}],
    "digest": _SHA,
    "statement": "The claim is a just, due and unpaid obligation.",
    "prepared_by": ["kim"],
    "alone": False,
    "voids": [],
}
_GAP = {
    "bill": "B-2b83546cc8dd653a-0",
    "document": _SHA,
    "controls": [
        {"name": "Total current charges", "scope": "bill", "stated": "41.96", "computed": "41.95", "gap": "0.01"}
    ],
    "reason": "The vendor rounds its tax once more",
}
_PAYMENT = {
    "entry": "payment",
    "narrative": "Payment W-20417 of Union Tel 100-200 1",
    "bill": "B-2b83546cc8dd653a-0",
    "amount": 4195,
    "paid": "2026-09-14",
    "method": "warrant",
    "reference": "W-20417",
    "file": _SHA,
    "row": 2,
}
_PAYMENTS = {
    "sha256": _SHA,
    "name": "september-warrants.csv",
    "size": 412,
    "posted": 1,
    "known": 0,
    "refused": 1,
    "refusals": [{"row": 3, "reference": "W-20418", **_DISCREPANCY}],
}

_CREDITS = {
    "bill": "B-2b83546cc8dd653a-0",
    "decision": "examined",
    "reason": "Credits of Union Tel 1 follow what they give back",
    "recurring": 3,
    "matched": 1,
    "placed": 0,
    "proposed": 1,
    "review": 0,
    "unmatched": 0,
    "amount": -3000,
    "on": "2026-08-31",
}

#: By kind, in the order of the catalogue; a kind with several entries has one example of each.
EXAMPLES: dict[str, tuple[Mapping[str, Any], ...]] = {
    catalogue.LEDGER_OPENED: (_OPENED,),
    catalogue.PERSON_ENROLLED: ({"people": [_KIM]},),
    catalogue.KEY_WITHDRAWN: (_WITHDRAWN,),
    catalogue.DOCUMENT_RECEIVED: (_RECEIVED, _RECEIVED_ALL_THE_SAME),
    catalogue.DOCUMENT_REFUSED: (_REFUSED,),
    catalogue.DOCUMENT_RELEASED: (_RELEASED,),
    catalogue.BILL_POSTED: (_BILL,),
    catalogue.ENTRY_POSTED: (_RECLASS, _CHARGEBACK, _REVERSAL, _PAYMENT, _HOLD, _RELEASE),
    catalogue.REFERENCE_LOADED: (_LOADED,),
    catalogue.PERIOD_CLOSED: (_CLOSED,),
    catalogue.PERIOD_REOPENED: (_REOPENED,),
    catalogue.COVER_ENTERED: (_COVER,),
    catalogue.BILL_CHECKED: (_CHECKED,),
    catalogue.EXCEPTION_DECIDED: (_DECIDED,),
    catalogue.DECISION_PREPARED: (_PREPARED,),
    catalogue.PREPARATION_ENDED: (_SECONDED,),
    catalogue.CREDIT_MATCHED: (_CREDITS,),
    catalogue.ACT_APPROVED: (_APPROVED,),
    catalogue.DISPUTE_OPENED: (_DISPUTE,),
    catalogue.DISPUTE_ADVANCED: (_STEP,),
    catalogue.CLAIM_CERTIFIED: (_CLAIM,),
    catalogue.PAYMENTS_LOADED: (_PAYMENTS,),
    catalogue.GAP_ACCEPTED: (_GAP,),
    catalogue.EXPORT_MADE: (_EXPORT, _VOUCHERS),
    catalogue.DESTRUCTION_ORDERED: (_ORDERED,),
    catalogue.PARTICULARS_DESTROYED: (_DESTROYED,),
}
