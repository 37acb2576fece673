"""The evidence beside the letter: tables for people, JSON for whoever checks it. Nothing of other lines is in it."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
from sqlalchemy import Connection

from ledger_core.contracts.exporter import safe_cell
from ledger_core.engine.proving import prove
from ledger_core.money import fixed
from ledger_core.projections.trail import paths
from ledger_core.signature import PersonalKey
from tollbook.archive import Archive
from tollbook.dispute_pack.grounds import BilledCharge, Grounds

#: Charges that are proved one by one, those with the most in dispute: each proof hashes the whole bill.
PROVED = 25


def evidence(
    connection: Connection, archive: Archive, grounds: Grounds, notary: PersonalKey | None
) -> Iterator[tuple[str, bytes]]:
    """The files of the evidence: name under the pack's folder, and bytes."""
    currency = grounds.dispute.currency
    yield "evidence/lines.csv", _table(_LINES, (_line(one, currency) for one in grounds.charges))
    yield "evidence/history.csv", _table(
        _HISTORY,
        (
            (one.number or one.bill, one.bill_date or "", one.service, one.kind, one.product, one.quantity or "",
             one.rate or "", fixed(one.amount, currency))
            for one in grounds.history
        ),
    )  # fmt: skip
    yield "evidence/rates.json", _json([_rate(one) for one in grounds.charges if one.agreed is not None])
    yield "evidence/objections.json", _json([_objection(grounds, one) for one in grounds.objections])
    yield "evidence/bytes.json", _json([_bytes(one, archive) for one in grounds.charges])
    yield "evidence/trace.json", _json(list(_traces(connection, grounds)))
    proved = sorted(grounds.charges, key=lambda one: (-abs(one.disputed), one.line))[:PROVED]
    yield "evidence/proofs.json", _json([prove(connection, one.charge, notary).document() for one in proved])


_LINES = ("charge", "place", "service", "kind", "product", "from", "to", "quantity", "unit", "rate", "billed",
          "agreed_rate", "not_disputed", "disputed", "as")  # fmt: skip
_HISTORY = ("bill", "bill_date", "service", "kind", "product", "quantity", "rate", "amount")


def _line(one: BilledCharge, currency: str) -> Sequence[str]:
    agreed = one.agreed.cell("rate") if one.agreed is not None else ""
    return (
        one.charge, one.place, one.service, one.kind, one.product, one.service_from or "", one.service_to or "",
        one.quantity or "", one.unit, one.rate or "", fixed(one.amount, currency), agreed, fixed(one.rightly, currency),
        fixed(one.disputed, currency), one.what,
    )  # fmt: skip


def _rate(one: BilledCharge) -> Mapping[str, Any]:
    row = one.agreed
    assert row is not None
    cells = ("vendor", "account", "product", "rate", "unit", "from", "to", "contract")
    return {"charge": one.charge, "row": row.ref, **{name: row.cell(name) or None for name in cells}}


def _objection(grounds: Grounds, one: Any) -> Mapping[str, Any]:
    return {
        "charge": f"{grounds.dispute.bill}:{one.charge}" if one.charge else None,
        "code": one.code,
        "stake": one.stake,
        "found": one.found,
        "evidence": [{"name": name, "shows": shows} for name, shows in one.evidence],
    }


def _bytes(one: BilledCharge, archive: Archive) -> Mapping[str, Any]:
    """Where the charge was read, and exactly those bytes. Where a format has no places, that would be the whole file,
    with other people's lines: then the digest alone stands for it."""
    size = archive.path(one.document).stat().st_size if archive.path(one.document).exists() else 0
    whole = one.start == 0 and one.end >= size
    raw = b"" if whole else archive.read(one.document, one.start, one.end)
    return {
        "charge": one.charge,
        "sha256": one.document,
        "file": one.file,
        "member": one.member,
        "kind": one.place_kind,
        "place": one.place,
        "start": one.start,
        "end": one.end,
        "raw": None if whole else base64.b64encode(raw).decode(),
        "text": None if whole else raw.decode("utf-8", "replace"),
    }


def _traces(connection: Connection, grounds: Grounds) -> Iterator[Mapping[str, Any]]:
    for one in grounds.charges:
        for path in paths(connection, one.charge, until=grounds.sequence):
            yield {
                "charge": path.charge,
                "document": attrs.asdict(path.document),
                "start": path.start,
                "end": path.end,
                "postings": [
                    {name: getattr(posting, name) for name in ("posting", "kind", "effective", "part", "currency")}
                    for posting in path.postings
                ],
            }


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell if _figure(cell) else safe_cell(cell) for cell in row])
    return out.getvalue().encode()


def _figure(cell: str) -> bool:
    return cell.removeprefix("-").replace(".", "", 1).isdecimal()


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
