"""The gallery of codes: what each means, and an example of what it says. Shown in the docs; kept complete by tests."""

from __future__ import annotations

import attrs


@attrs.frozen
class Example:
    """One code: of what it is said ("file", "bill", "line", "sheet", "month", "plugin", "act"), and what is said.

    `do` stands in the source in these words; where the program puts it together it may differ in names.
    """

    code: str
    of: str
    meaning: str
    where: str
    found: str
    do: str


_MISSING_TOTAL = "Enter its cover: `tollbook cover` with the paper's total."
_KEPT = "report it to the plugin's author with the file, which has been kept"

CODES: tuple[Example, ...] = (
    # --- files ---
    Example("unknown-format", "file", "No importer knows the file.", "scan.pdf", "no importer knows its format",
            "See `tollbook plugin list`; a plugin can be added for it."),
    Example("ambiguous", "file", "Two importers claim the file; there is no priority among them.", "august.csv",
            "2 importers claim it: focus, my_export", "Remove the extension that is not meant for it."),
    Example("lookalike", "file", "The file has the shape of a format that is known, and is no bill of it.",
            "tracker.xlsx (bill_sheet)", "the workbook has a sheet `bill` and no sheet `lines`",
            "If it should be a bill, ask the vendor for it again."),
    Example("not-a-bill", "bill", "The document says of itself that it is not payable, or is another kind of document.",
            "set.edi:segment 3 ST", "BIG07 is ME: a memorandum, which is not payable", "Wait for the invoice itself."),
    Example("broken", "file", "The file cannot be read as its format says, or a total of its envelope fails.",
            "august.csv:12", "a double quote is opened and never closed", "Send the whole file."),
    Example("superseded", "file", "Two files that came together are the same part of one bill. The later one is read.",
            "AccountSummary.txt", "another file that came with it is the bill's part 'AccountSummary' too",
            "Drop the right one of them again, alone."),
    Example("incomplete-set", "file", "One of several files of a bill; the others are missing. It waits.",
            "AccountSummary.txt", "it is one of 4 files of a bill; missing: Wireless Usage Detail",
            "Drop the missing files, in any order."),
    # --- bills ---
    Example("gap", "bill", "A stated total is not what its lines make. Nothing of the bill is posted.",
            "august.csv, bill, Total current charges at 9", "states 42, its lines make 41.95, gap 0.05",
            "Ask the vendor for a corrected bill; nothing was posted."),
    Example("no-lines", "bill", "The bill has no lines, or the file no bill.", "august.csv", "the bill has no lines",
            "Ask for the detailed bill."),
    Example("currency", "bill", "The bill is not in the ledger's currency.", "mai.csv",
            "the bill is in EUR, this ledger in USD", "Take it into a ledger of its own currency."),
    Example("test", "bill", "The sender marks the document as a test (X12 ISA15 `T`).", "test.edi",
            "the sender marks it as a test", "Ask for the real bill."),
    Example("revision", "bill", "The bill is in the books already, with other charges. Each differing line is named.",
            "august-2.csv, service 2065550100, recurring POTS 2026-08-01..2026-08-31",
            "only this file charges 29.95 (x1)",
            "If it is right, `tollbook reverse B-2b83546cc8dd653a-0` and import it again."),
    Example("no-total", "bill", "The format promises a total and this bill states none. It waits.", "august.csv",
            "the bill states no total", _MISSING_TOTAL),
    Example("provisional", "bill", "The data has no invoice yet. It is an estimate and posts nothing.", "month.csv",
            "the data has no invoice yet", "It is kept as an estimate; await the final bill."),
    Example("chain-broken", "bill", "The previous balance is not what the last bill ended with. The bill posts.",
            "september.csv", "previous balance 500, but bill 1001 ended with 480.05 due",
            "Look for a missing bill or an unrecorded payment."),
    Example("bill-missing", "bill", "An account that bills every month has sent no bill of a cycle in time.",
            "the queue", "Carrier 77-1204 has no bill of 2026-09 in the books; the last one is of 2026-08-05",
            "Look among refused files, then ask the vendor."),
    Example("not-billed", "bill", "Services in the inventory that were on no bill of the last two cycles.",
            "the queue", "Carrier 77-1204: 1 service in the inventory is on no bill of the last 2 cycles (2065550177)",
            "End it in the inventory, or ask the vendor where it is billed."),
    Example("deadline-near", "bill", "The day comes by which a bill is to be validated, verified, disputed or paid.",
            "the queue", "Carrier 1001: the day for its verification is 2026-09-23; 3 items of it in the queue",
            "Decide what is in the queue."),
    Example("deadline-passed", "bill", "Such a day has passed, and something is left to do.",
            "the queue", "Carrier 1001: the day for its dispute passed on 2026-10-27; 1 objection to it not decided",
            "Dispute what is wrong, or accept it."),
    Example("duplicate-line", "line", "The same charge stands more than once on a bill. Both may be real; it posts.",
            "august.csv, line 12, service 2065550100", "POTS of 29.95 stands 2 times",
            "Accept it if both are real; otherwise dispute the second."),
    # --- lines ---
    Example("charge-code-unknown", "line", "A priced charge whose product no contract names. Billed to its owner.",
            "charge code UNL-45", "not in the sheet contracts; billed to the owner of the service",
            "Load it in contracts, or dispute the charge."),
    Example("customer-code-unknown", "line", "A customer code that the sheet does not have. Billed to the owner.",
            "customer code CC9", "not in the sheet codes; billed to the owner of the service",
            "Load it in codes, or dispute the charge."),
    Example("string-expired", "line", "The account string does not hold on the effective date. It lies in suspense.",
            "service 2065550100", "account string of department 01770 is not valid on 2026-08-28, the effective date",
            "Move the service to a valid string, or load a version that covers the day."),
    Example("string-unknown", "line", "No sheet knows the account string. It lies in suspense.", "service 2065550100",
            "account string of department 09999, object 64160, fund 001 is in no sheet",
            "Load it, or correct the owner, code or rule."),
    Example("string-malformed", "line", "The account string cannot be written as the site's template says.",
            "service 2065550100", "'5201770' does not have 5 characters of department at character 4",
            "Write it as the template says: fund:3 department:5 . object:5 . subobject:4"),
    # --- sheets ---
    Example("header", "sheet", "A column that the sheet does not have, twice has, or lacks.",
            "services.csv:1: owner", "no column of this sheet", "Correct the first row."),
    Example("cell", "sheet", "A cell does not hold what its column takes.", "services.csv:4: (end)",
            "more cells than headers", "Put quotes around commas."),
    Example("row", "sheet", "Rows contradict one another.", "rules.csv:2: percent",
            "the percents of rule shared sum to 99", "Make them sum to 100."),
    # --- the month ---
    Example("uncharged", "month", "At a close: a department's cost is coded and not charged.", "department 01770",
            "29.95 USD is coded and not charged", "Run `tollbook chargeback 2026-08`."),
    Example("suspense", "month", "At a close: cost without an owner.", "suspense", "12.00 USD has no owner",
            "See `tollbook queue`."),
    Example("unapproved", "month", "At a close: a chargeback that no second person approved.",
            "journal CB-2026-08-01770-1", "no second person approved it", "Run `tollbook approve 2026-08`."),
    Example("waiting", "month", "At a close: a document whose bill is not complete.", "AccountSummary.txt",
            "its bill is not complete", "See `tollbook status`."),
    Example("earlier-open", "month", "At a close: an earlier month takes entries still.", "period 2026-07",
            "it is still open", "Close 2026-07 first, or leave it."),
    # --- acts, beside those of the classes above ---
    Example("period-open", "act", "A period that is open cannot be reopened.", "period 2026-08", "it is open",
            "Nothing needs to be done."),
    Example("reversed", "act", "A bill that was reversed is not recoded.", "bill B-2b83546cc8dd653a-0",
            "it was reversed", "Recode the bill that replaced it."),
    Example("key-taken", "act", "A key belongs to one person.", "key d2a28ec85818", "it is maria's",
            "Every person needs a key of their own."),
    Example("department-needed", "act", "Cost is to be retained, and no single department of the fund retains.",
            "retain", "2 departments of fund 520 have the treatment 'retain'", "Name one with --department."),
    Example("no-wait", "act", "A cover is entered, and no bill of that document waits for one.", "'0f1e2d3c4b5a6978'",
            "no bill in it waits for a cover", "See `tollbook queue`."),
    Example("exporter-changed", "act", "A batch is to be written again, and another exporter or version wrote it.",
            "batch J0001", "journal_csv 1 wrote it, not journal_csv 2", "Use the exporter that wrote it."),
    Example("backup-damaged", "act", "A backup is not what was backed up.", "harbor.tar",
            "the backup is damaged: it ends too early", "Use another copy of it."),
    Example("unwritable", "act", "A file cannot be written; what was there before stays.",
            "statements/2026-08/01100.html", "it cannot be written (No space left on device)",
            "Name another folder, or make room."),
    Example("no-basis", "act", "An allocation whose weights are all zero, or negative.", "allocation",
            "no weight above zero", "Correct the basis, or name who bears the cost."),
    Example("role-missing", "act", "A chargeback needs an account role that has no account.", "account role revenue",
            "no account", "Load one in the sheet account_roles."),
    # --- paying ---
    Example("account-unexplained", "bill", "A vendor's total due is not what the books make of its account.",
            "the queue", "Union Tel 100-200: its last bill claims 7.50 USD more than our books",
            "Look for a payment that one side does not know, a missing bill, or a late amount."),
    Example("nothing-to-claim", "act", "A bill is to be certified of which nothing may be paid.",
            "bill B-2b83546cc8dd653a-0", "all of it is held, 41.95 USD", "See `tollbook payables`."),
    Example("claim-changed", "act", "A claim is to be certified that is no longer the one that was shown.",
            "bill B-2b83546cc8dd653a-0", "its claim is 8c1f20aa93b46e07 now and not 0f1e2d3c4b5a6978, the one that was"
            " shown", "Something changed since: look at the claim again."),
    Example("no-cover", "act", "A bill that states no total is to be certified before somebody entered its cover.",
            "bill B-2b83546cc8dd653a-0", "it states no total",
            "Enter its cover: `tollbook cover B-2b83546cc8dd653a-0` with the paper's total."),
    Example("bill-unchecked", "act", "A bill is to be certified before checks have looked at it.",
            "bill B-2b83546cc8dd653a-0", "no check has looked at it", "Run `tollbook check B-2b83546cc8dd653a-0`."),
    Example("exempt-tax-open", "act", "A bill is to be certified with an exempt tax that would be paid.",
            "bill B-2b83546cc8dd653a-0", "exempt taxes of 1.20 USD would be paid (line 2)",
            "Dispute or hold them, or accept them with a reason."),
    Example("bill-unknown", "file", "A row of a file of payments names a bill that owes nothing.", "row 3",
            "no bill Union Tel 100-200 99 owes anything", "Correct the row."),
    Example("payment-zero", "file", "A row of a file of payments pays nothing.", "row 3", "it pays nothing",
            "Leave the row out."),
    Example("payment-differs", "file", "A payment was loaded before, with another amount or day.", "row 3",
            "E57 has 1.00 of 2026-09-14 under reference W-1", "Correct the row, or give it a reference of its own."),
    Example("paid-beyond-claim", "file", "A row of a file of payments pays more than was claimed.", "row 3",
            "it pays 100.42, of bill B-2b83546cc8dd653a-0 100.41 was claimed and 0.00 paid",
            "Certify the claim first, or correct the row."),
    Example("no-gap", "act", "A gap is to be accepted, and every total ties.", "bill B-2b83546cc8dd653a-0",
            "every total of it ties", "Import its document."),
    Example("gap-beyond-limit", "act", "A gap is to be accepted that is more than the site accepts, or a count.",
            "bill B-2b83546cc8dd653a-0", "Total current charges (bill) states 41.96, its lines make 41.95, gap 0.01,"
            " the site accepts 0.00",
            "Ask the vendor for a corrected bill; the limit is the row `gap` of the sheet limits."),
    # --- plugins ---
    Example("plugin-hung", "plugin", "It took longer than it may.", "plugin my_export, august.csv",
            "it was stopped after 600.0 s (599.2 s of computing)",
            f"raise the site's time limit if the file is merely large, else {_KEPT}"),
    Example("plugin-crashed", "plugin", "Its process was ended by a signal.", "plugin my_export, august.csv",
            "it was ended by signal SIGSEGV", _KEPT),
    Example("plugin-out-of-memory", "plugin", "It took more memory than it may.", "plugin my_export, august.csv",
            "it was stopped at 1024 MiB of memory",
            f"raise the site's memory limit if the file is merely large, else {_KEPT}"),
    Example("plugin-flooded", "plugin", "It wrote more than it may.", "plugin my_export, august.csv",
            "it wrote more than it may", f"raise the site's output limit if the file is merely large, else {_KEPT}"),
    Example("plugin-exited", "plugin", "It ended its own process.", "plugin my_export, august.csv",
            "it ended with exit code 3", _KEPT),
    Example("plugin-no-end", "plugin", "It left without saying that it had finished.", "plugin my_export, august.csv",
            "it left without saying that it had finished", _KEPT),
    Example("plugin-garbled", "plugin", "It sent records that are none.", "plugin my_export, august.csv",
            "it sent bill 0 without its totals", "Report it to the plugin's author."),
    Example("plugin-error", "plugin", "It raised an error of its own.", "plugin my_export, august.csv",
            "it raised KeyError: 'total'", _KEPT),
    Example("worker-lost", "plugin", "The process that starts importers was killed.", "plugin my_export, august.csv",
            "its worker is gone",
            "import the file again; if it happens again, look for the system's out-of-memory killer"),
    Example("miscounted", "plugin", "The importer's own count of charges is not what it gave.", "totals",
            "the importer counted 3 charges and gave 2", "Report it to the importer's author."),
)  # fmt: skip

#: Where each kind of example is met, in the order of the page.
SAID_OF: dict[str, str] = {
    "file": "Of a file that was taken in",
    "bill": "Of a bill",
    "line": "Of lines of a bill",
    "sheet": "Of a reference sheet",
    "month": "Of a month at its close",
    "act": "Of an act",
    "plugin": "Of a plugin",
}
