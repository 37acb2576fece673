"""The command line: one module a command, one way of answering, one place where errors become exit codes."""

from tollbook.cli.program import main

__all__ = ["main"]
