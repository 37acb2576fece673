"""Chargeback: the worked entries of both treatments, and the proofs over any run (domain.md 1.6, INV-26 to INV-30)."""

from datetime import date

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_core.errors import LedgerRefused
from ledger_core.facts.entry import EntryKind, Role, unbalanced
from ledger_core.policy.chargeback import Attributed, Chargeback, charge_back
from ledger_core.policy.periods import Period

ACCOUNTS = {Role.COST: "cost", Role.DUE_FROM: "due from", Role.DUE_TO: "due to", Role.REVENUE: "348"}
MONTH, LAST = Period(2026, 9), date(2026, 9, 30)
POLICE = Attributed("police", "001", "42", "520", "recover", "USD", 550500, "001.police.42")
PARKS = Attributed("parks", "001", "42", "520", "recover", "USD", 330300)
WATER = Attributed("water", "410", "42", "520", "recover", "USD", 220200)


def run(*costs: Attributed) -> Chargeback:
    return charge_back(costs, ACCOUNTS, MONTH, LAST)


def journal(chargeback: Chargeback) -> list[list[str]]:
    """Entries as an accountant writes them: fund, Dr or Cr, account, what it is about, amount."""
    return [
        [
            " ".join(
                word
                for word in (
                    posting.fund,
                    "Dr" if posting.amount > 0 else "Cr",
                    posting.account,
                    posting.partner,
                    "/".join(part for part in (posting.department, posting.object) if part),
                    str(abs(posting.amount)),
                )
                if word
            )
            for posting in entry.postings
        ]
        for entry in chargeback.entries
    ]


class TestWorkedEntries:
    def test_recovery_is_revenue_here_and_cost_there(self) -> None:
        """J3 of the worked entries: 11,010.00 shared 50/30/20."""
        chargeback = run(WATER, POLICE, PARKS)
        assert journal(chargeback) == [
            [
                "001 Dr cost parks/42 330300",
                "001 Cr due to 520 330300",
                "520 Dr due from 001 330300",
                "520 Cr 348 330300",
            ],
            [
                "001 Dr cost police/42 550500",
                "001 Cr due to 520 550500",
                "520 Dr due from 001 550500",
                "520 Cr 348 550500",
            ],
            [
                "410 Dr cost water/42 220200",
                "410 Cr due to 520 220200",
                "520 Dr due from 410 220200",
                "520 Cr 348 220200",
            ],
        ]
        assert [(entry.kind, entry.effective) for entry in chargeback.entries] == [(EntryKind.CHARGEBACK, LAST)] * 3
        assert chargeback.entries[1].postings[0].booked == "001.police.42"

    def test_reimbursement_moves_the_same_object_and_makes_no_revenue(self) -> None:
        """J3r: the general fund paid; water's share."""
        water = attrs.evolve(WATER, paying_fund="001", treatment="reimburse")
        assert journal(run(water)) == [
            [
                "001 Cr cost 42 220200",
                "001 Dr due from 410 220200",
                "410 Dr cost water/42 220200",
                "410 Cr due to 001 220200",
            ]
        ]

    @pytest.mark.parametrize("treatment", ["recover", "reimburse"])
    def test_within_one_fund_nobody_owes_anybody(self, treatment: str) -> None:
        police = attrs.evolve(POLICE, paying_fund="001", treatment=treatment)
        assert journal(run(police)) == [["001 Cr cost 42 550500", "001 Dr cost police/42 550500"]]

    def test_a_net_credit_turns_the_signs(self) -> None:
        """J4: a credit memo of 500.00 on a line of the police."""
        credit = attrs.evolve(POLICE, amount=-50000)
        assert journal(run(credit)) == [
            [
                "001 Cr cost police/42 50000",
                "001 Dr due to 520 50000",
                "520 Cr due from 001 50000",
                "520 Dr 348 50000",
            ]
        ]

    def test_what_is_direct_retained_or_in_suspense_is_left_alone(self) -> None:
        chargeback = run(
            attrs.evolve(POLICE, treatment="direct"),
            attrs.evolve(POLICE, state="retained", fund="520"),
            attrs.evolve(POLICE, state="suspense", department="", fund="", object=""),
        )
        assert chargeback.entries == ()
        assert [(proof.left, proof.right) for proof in chargeback.proofs if "INV-26" in proof.name] == [
            (3 * 550500, 3 * 550500)
        ]

    def test_what_nets_to_zero_makes_no_entry(self) -> None:
        assert run(POLICE, attrs.evolve(POLICE, amount=-550500)).entries == ()

    def test_objects_that_offset_each_other_are_both_shown(self) -> None:
        """A device credited and a service charged for the same amount: no dues, no revenue, two lines of cost."""
        offset = attrs.evolve(POLICE, object="35", amount=-550500)
        assert journal(run(POLICE, offset)) == [["001 Cr cost police/35 550500", "001 Dr cost police/42 550500"]]

    def test_currencies_are_entries_of_their_own(self) -> None:
        assert [
            {posting.currency for posting in entry.postings}
            for entry in run(POLICE, attrs.evolve(POLICE, currency="CAD")).entries
        ] == [{"CAD"}, {"USD"}]

    def test_nothing_attributed_makes_nothing(self) -> None:
        assert run() == Chargeback((), ())

    @pytest.mark.parametrize("role", ACCOUNTS)
    def test_a_role_without_an_account_is_refused(self, role: Role) -> None:
        accounts = {other: account for other, account in ACCOUNTS.items() if other is not role}
        with pytest.raises(LedgerRefused, match=rf"account role {role}: no account\. Load") as refused:
            charge_back([POLICE], accounts, MONTH, LAST)
        assert refused.value.code == "role-missing"


costs = st.builds(
    Attributed,
    department=st.sampled_from(["fire", "parks", "police", "water"]),
    fund=st.sampled_from(["001", "410", "520"]),
    object=st.sampled_from(["42", "35", ""]),
    paying_fund=st.sampled_from(["001", "520"]),
    treatment=st.sampled_from(["recover", "reimburse", "direct"]),
    currency=st.sampled_from(["USD", "JPY"]),
    amount=st.integers(-(10**9), 10**9),
    state=st.sampled_from(["coded", "coded", "coded", "suspense", "retained"]),
)


class TestProofs:
    @settings(max_examples=300)
    @given(st.lists(costs, max_size=40))
    def test_every_run_balances_and_every_proof_holds(self, attributed: list[Attributed]) -> None:
        chargeback = run(*attributed)
        assert [proof for proof in chargeback.proofs if not proof.holds] == []
        for entry in chargeback.entries:
            assert unbalanced(entry.postings) == {}

    @given(st.lists(costs, max_size=20), st.randoms(use_true_random=False))
    def test_the_order_of_what_is_attributed_does_not_matter(
        self, attributed: list[Attributed], random: object
    ) -> None:
        shuffled = list(attributed)
        random.shuffle(shuffled)  # type: ignore[attr-defined] # Hypothesis hands in a random.Random
        assert run(*shuffled) == run(*attributed)

    @given(st.lists(costs, max_size=20))
    def test_revenue_is_what_other_funds_were_charged_to_recover(self, attributed: list[Attributed]) -> None:
        """INV-28, said without the proofs: from what went in and what came out."""
        for currency in ("USD", "JPY"):
            postings = [p for entry in run(*attributed).entries for p in entry.postings if p.currency == currency]
            assert -sum(p.amount for p in postings if p.role is Role.REVENUE) == sum(
                cost.amount
                for cost in attributed
                if cost.currency == currency
                and (cost.state, cost.treatment) == ("coded", "recover")
                and cost.fund != cost.paying_fund
            )
            assert not [p for p in postings if p.partner == p.fund]

    def test_the_proofs_are_named(self) -> None:
        reimbursed = attrs.evolve(WATER, paying_fund="001", treatment="reimburse")
        assert [proof.name for proof in run(POLICE, reimbursed).proofs] == [
            "INV-07 due to 001 from 410 agrees on both sides, USD",
            "INV-07 due to 520 from 001 agrees on both sides, USD",
            "INV-26 attributed = charged + direct + retained + suspense + held, USD",
            "INV-28 revenue = cost of the users who are charged for it, USD",
            "INV-29 object 42 leaves fund 001 as it arrives, USD",
            "INV-30 dues within a fund are none, USD",
        ]
