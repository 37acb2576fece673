"""The digest of a morning: what came, what waits, what is late and due, in plain words and as a page."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import attrs
import pytest

from ledger_core.errors import UsageRefused
from ledger_core.facts import catalogue
from ledger_core.store.database import Database
from tests.ledger_core.books import ACCOUNT, VENDOR, Books, books, charge
from tollbook.digest.digest import Digest, Refused, digest
from tollbook.digest.letter import html, subject, text
from tollbook.digest.mail import mail

_HOSTILE = "</p><script>alert(1)</script>\r\nBcc: all@harbor.example"
SENT = datetime(2026, 9, 22, 6, 30, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path: Path) -> Books:
    """Books whose clock says Tuesday, 1 September 2026: a bill in suspense, a file that was refused."""
    made = books(Database(tmp_path / "ledger.db"), tmp_path)
    account = {"vendor": VENDOR, "account": ACCOUNT, "treatment": "recover", "cycle_day": "28", "terms_days": "30"}
    made.load("vendor_accounts", [account])
    made.load("limits", [{"key": "verification_days", "value": "3"}])
    made.receive([charge("29.95")])
    refused = made.document(b"half a bill", "half.edi")
    problem = {"code": "gap", "where": "half.edi", "found": "a gap of 1.00", "do": "Ask the vendor.", "stake": 100}
    content = {"documents": [{"sha256": refused.sha256}], "outcome": "rejected", "code": "gap", "problems": [problem]}
    made.record(catalogue.DOCUMENT_REFUSED, "refused/1", content)
    return made


def _digest(kept: Books, today: str, since: str | None = None) -> Digest:
    with kept.ledger.reading() as connection:
        return digest(connection, date.fromisoformat(today), date.fromisoformat(since) if since else None)


def test_it_holds_what_came_since_the_last_business_day(kept: Books) -> None:
    morning = _digest(kept, "2026-09-02")
    assert (morning.since, morning.today) == (date(2026, 9, 1), date(2026, 9, 2))
    assert [(bill.account, bill.total) for bill in morning.came] == [(ACCOUNT, 2995)]
    assert morning.refused == (Refused("half.edi", "gap"),)
    assert morning.waiting() == [("USD", 3095)]
    assert _digest(kept, "2026-09-07").since == date(2026, 9, 4), "Monday's begins with Friday"
    assert (_digest(kept, "2026-09-07").came, _digest(kept, "2026-09-07").refused) == ((), ())
    assert len(_digest(kept, "2026-09-07", "2026-08-01").came) == 1


def test_what_is_late_and_what_is_due_stand_apart(kept: Books) -> None:
    assert [one.what for one in _digest(kept, "2026-09-22").due] == ["verification", "payment"]
    october = _digest(kept, "2026-10-06")
    assert [one.code for one in october.late] == ["bill-missing"]
    assert [one.code for one in october.due] == ["deadline-passed"]


def test_the_text_says_everything_in_lines(kept: Books) -> None:
    lines = text(_digest(kept, "2026-09-22", "2026-09-01")).splitlines()
    assert lines[0] == "City of Harbor, 2026-09-22: 3 items to look at, 2 deadlines"
    assert lines[2:5] == [
        "CAME SINCE 2026-09-01",
        f"  {VENDOR} {ACCOUNT} 1 29.95 USD",
        "  not taken in: half.edi (gap)",
    ]
    assert "WAITS: 30.95 USD" in lines
    assert any(line.startswith("  29.95 USD maria: 2065550100 on Union Tel 1, 1 line: no owner") for line in lines)
    assert "  No bill is late." in lines
    assert any(
        line.startswith("  2026-09-23 Union Tel 1: the day for its verification is 2026-09-23") for line in lines
    )


def test_a_quiet_morning_says_so(tmp_path: Path) -> None:
    quiet = text(_digest(books(Database(tmp_path / "ledger.db"), tmp_path), "2026-09-02"))
    for said in ("Nothing came.", "Nothing waits for anybody.", "No bill is late.", "No deadline is near."):
        assert said in quiet
        assert said in html(_digest_of(quiet=True))


def _digest_of(*, quiet: bool = False, **fields: object) -> Digest:
    empty = Digest("City", "harbor", 1, date(2026, 9, 1), date(2026, 9, 2), (), (), (), (), ())
    assert quiet or fields
    return attrs.evolve(empty, **fields)  # type: ignore[arg-type] # fields by name


def test_long_lists_show_their_first_ten_and_count_the_others() -> None:
    long = _digest_of(refused=tuple(Refused(f"{n:02d}.csv", "gap") for n in range(12)))
    for said in (text(long), html(long)):
        assert "09.csv" in said
        assert "10.csv" not in said
        assert "and 2 more" in said


def test_nothing_that_a_bill_says_can_do_anything_in_it() -> None:
    hostile = _digest_of(entity=_HOSTILE, refused=(Refused(_HOSTILE, "gap"),))
    assert "<script" not in html(hostile)
    assert "\n" not in subject(hostile)
    assert "\r" not in subject(hostile)
    assert "\n  not taken in: </p><script>alert(1)</script> Bcc: all@harbor.example (gap)\n" in text(hostile)
    message = mail(hostile, "tollbook@harbor.example", ["kim@harbor.example"], SENT)
    assert message["Bcc"] is None
    assert message_from_bytes(message.as_bytes(), policy=default)["Bcc"] is None


def test_the_mail_holds_both_and_is_the_same_each_time(kept: Books) -> None:
    morning, people = _digest(kept, "2026-09-22"), ["kim@harbor.example", "rosa@harbor.example"]
    message = mail(morning, "tollbook@harbor.example", people, SENT)
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert (read["From"], read["To"]) == ("tollbook@harbor.example", ", ".join(people))
    assert read["Subject"] == subject(morning)
    assert read["Date"].datetime == SENT
    plain, page = read.get_body(("plain",)), read.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().replace("\r\n", "\n") == text(morning)
    assert page.get_content().replace("\r\n", "\n") == html(morning)
    again = mail(_digest(kept, "2026-09-22"), "tollbook@harbor.example", people, SENT)
    assert again["Message-ID"] == read["Message-ID"]
    assert mail(morning, "tollbook@harbor.example", people[:1], SENT)["Message-ID"] != read["Message-ID"]


@pytest.mark.parametrize(
    "wrong",
    ["kim", "kim@", "@harbor.example", "kim@har bor", "kim@a.example\nBcc: x@y.example", "k,im@a.example",
     '"kim"@a.example', "zoë@a.example", "a@b@c", "", "k" * 65 + "@a.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(kept: Books, wrong: str) -> None:
    with pytest.raises(UsageRefused, match="is not a mail address"):
        mail(_digest(kept, "2026-09-22"), "tollbook@harbor.example", [wrong], SENT)
