"""Benchmarks: what an import costs beside a bare append and beside other ledgers. They measure and judge nothing."""
