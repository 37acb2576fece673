"""What must be true once the million is in, or its time does not count."""

from __future__ import annotations

import base64
import hashlib
import random
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.million import Million, check_departments
from bench.process import Broken
from ledger_core import tree


def check(million: Million, site: Path, import_wall: float, samples: int) -> dict[str, Any]:
    """Check everything, and return how long it took to ask again and to verify. Raises Broken."""
    _departments(million, site)
    check_departments(million, site)
    _archived(million, site)
    known = _known(million, site)
    verified = million.shop.tollbook(site, "verify", "--json")
    if verified.code or not verified.answer()["ok"]:
        raise Broken(f"verify ended with {verified.code}: {verified.output[:2000]}")
    chosen = random.Random(7).sample(range(1, million.shop.lines + 1), samples)  # noqa: S311 - a sample
    bill = _bill(million)
    for line, written in _written(million, chosen).items():
        _traced(million, site, f"{bill}:{line}", written)
        _proved(million, site, f"{bill}:{line}")
    return {
        "known_again_seconds": round(known, 2),
        "verify_seconds": round(verified.wall, 2),
        "verify_within_import": verified.wall <= import_wall,
        "traces_and_proofs": samples,
    }


def _departments(million: Million, site: Path) -> None:
    answer = million.shop.tollbook(site, "balances", "--by", "department", "--json")
    rows = answer.answer()["rows"]
    if {row["department"]: row["balance"] for row in rows} != million.expected["by"]:
        raise Broken("balances says other sums than expected")


def _archived(million: Million, site: Path) -> None:
    with million.bill.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    kept = site / "archive" / digest[:2] / digest
    with kept.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
            raise Broken("the archived file is another one")


def _known(million: Million, site: Path) -> float:
    before = _head(million, site)
    started = time.perf_counter()
    ended = million.shop.tollbook(site, "import", million.bill, "--json")
    taken = time.perf_counter() - started
    (file,) = ended.answer()["files"]
    if file["outcome"] != "known" or _head(million, site) != before:
        raise Broken(f"the same file again is {file['outcome']}")
    return taken


def _head(million: Million, site: Path) -> Any:
    return million.shop.tollbook(site, "status", "--json").answer()["head"]


def _bill(million: Million) -> str:
    with million.bill.open("rb") as stream:
        return f"B-{hashlib.file_digest(stream, 'sha256').hexdigest()[:16]}-0"


def _written(million: Million, lines: Iterable[int]) -> dict[int, bytes]:
    """The bytes of charges in the bill; the header is line 0."""
    chosen = set(lines)
    with million.bill.open("rb") as stream:
        return {line: row.rstrip(b"\r\n") for line, row in enumerate(stream) if line in chosen}


def _traced(million: Million, site: Path, charge: str, written: bytes) -> None:
    answer = million.shop.tollbook(site, "trace", charge, "--json").answer()
    (path,) = answer["paths"]
    if base64.b64decode(path["raw"]) != written or not path["postings"]:
        raise Broken(f"trace of {charge}")


def _proved(million: Million, site: Path, charge: str) -> None:
    proof = million.shop.tollbook(site, "prove", charge, "--json").answer()
    inner = proof["inner"]
    for one in (proof, inner):
        leaf, path = base64.b64decode(one["leaf"]), [_bytes(node) for node in one["path"]]
        if tree.root_from_path(leaf, one["index"], one["size"], path) != _bytes(one["root"]):
            raise Broken(f"proof of {charge}")
    if _bytes(inner["root"]).hex().encode() not in base64.b64decode(proof["leaf"]):
        raise Broken(f"the root over {charge} does not stand in its fact")


def _bytes(written: str) -> bytes:
    """A hash, in hex or base64."""
    return bytes.fromhex(written) if len(written) == 64 else base64.b64decode(written)
