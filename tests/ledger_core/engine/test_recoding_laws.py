"""Laws of recoding and reversal: whatever people decide, in whatever order, no cent appears, vanishes or lies apart."""

from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger_core.engine.recoding import Recoding, Selection, Target, recode
from ledger_core.engine.reversal import reverse
from ledger_core.facts.charge import ChargeKind
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, books, charge, owned
from tests.ledger_core.engine.accounts import balances, gaps, held

_AMOUNTS = st.sampled_from(["10.00", "-7.01", "0.00", "0.01", "0.1234567", "-0.005", "1.005", "333.33"])
_SERVICES = st.sampled_from([("2065550100", ChargeKind.RECURRING), ("2065559999", ChargeKind.RECURRING),
                             ("", ChargeKind.USAGE)])  # fmt: skip
_LINES = st.lists(st.tuples(_AMOUNTS, _SERVICES), min_size=1, max_size=6)
_WEIGHTS = st.dictionaries(st.sampled_from(["Police", "Parks", "IT"]), st.integers(1, 100), min_size=1, max_size=3)
_CHANGES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), _WEIGHTS, st.booleans()), max_size=5)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(_LINES, _CHANGES)
def test_recoding_moves_and_reversal_leaves_nothing(
    lines: list[tuple[str, tuple[str, ChargeKind]]], changes: list[tuple[int, int, dict[str, int], bool]]
) -> None:
    """After every act postings are the sum of the parts they carry, each charge is whole, and what a bill cost is what
    it cost; after the reversal every balance is zero."""
    with TemporaryDirectory() as name:
        kept = books(Database(Path(name) / "ledger.db"), Path(name))
        owned(kept)
        kept.load("departments", [{"department": "IT", "fund": "001"}])
        charges = [
            charge(exact, service, line=line, kind=kind) for line, (exact, (service, kind)) in enumerate(lines, 1)
        ]
        judged = kept.receive(charges)
        before = sum(held(kept, judged.bill).values())
        for first, last, weights, suspense_only in changes:
            low, high = sorted((first % len(lines) + 1, last % len(lines) + 1))
            targets = tuple(Target(department, "5420", Fraction(weight)) for department, weight in weights.items())
            plan = Recoding((Selection(judged.bill, ((low, high),)),), targets, suspense_only=suspense_only)
            with kept.ledger.acting(MARIA) as act:
                recode(act, plan, "a law", kept.folder / "spool")
            assert list(gaps(kept)) == []
            assert sum(held(kept, judged.bill).values()) == before == judged.total
        with kept.ledger.acting(MARIA) as act:
            reverse(act, judged.bill, "a law", kept.folder / "spool")
        assert list(gaps(kept)) == []
        assert balances(kept) == {}
