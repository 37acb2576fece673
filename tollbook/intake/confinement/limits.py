"""Limits: how much of the machine one job of an importer may take."""

from __future__ import annotations

from typing import Final

import attrs

MEBIBYTE: Final = 1024 * 1024
GIBIBYTE: Final = 1024 * MEBIBYTE


@attrs.frozen
class Limits:
    """What one job may take. Sizes are bytes, times seconds; all are inclusive.

    `memory` is the resident memory of the job, shared pages counted in part (PSS), summed over its processes.
    `address_space` is only reserved: Arrow reserves far more than it uses, so keep it generous.
    `wall_seconds` counts also the time in which the job waits for its reader.
    `tasks` are threads beyond those that its user already runs; it does not bind root, nor does it need to: new
    processes are refused by other means. `output_bytes` is everything that the job may write back, `frame_bytes`
    one record of it.
    """

    wall_seconds: float = 600.0
    cpu_seconds: int = 600
    memory: int = GIBIBYTE
    address_space: int = 8 * GIBIBYTE
    open_files: int = 256
    tasks: int = 128
    output_bytes: int = 8 * GIBIBYTE
    frame_bytes: int = 64 * MEBIBYTE
