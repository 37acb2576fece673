"""Checking a month again is measured: on a small city here, with every figure that the page shows."""

import sys
from pathlib import Path

from bench import checking
from bench.places import Workshop
from tollbook.city import SIZES


def test_a_small_month_is_checked_again(tmp_path: Path) -> None:
    assert Path(sys.executable).with_name("tollbook").exists()
    figures = checking.measure(Workshop(tmp_path, 0), SIZES["tiny"])
    assert set(figures) >= {"lines", "services", "check_seconds", "check_of_import_percent", "peak_pss_megabytes"}
    assert figures["bills"] > 10
    assert figures["lines"] > figures["services"] > 30
