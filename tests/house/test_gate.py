"""The gate itself: the fixtures that tests lean on do what they promise, and the command is installed."""

import subprocess
from pathlib import Path

import sqlalchemy


def _scalar(url: str, statement: str) -> object:
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            return connection.execute(sqlalchemy.text(statement)).scalar()
    finally:
        engine.dispose()


def test_the_test_server_is_postgresql_18(postgres_url: str) -> None:
    assert str(_scalar(postgres_url, "SELECT version()")).startswith("PostgreSQL 18.")


def test_every_test_gets_an_empty_database_of_its_own(postgres_url: str, postgres_database: str) -> None:
    assert postgres_database != postgres_url
    assert _scalar(postgres_database, "SELECT 1") == 1
    assert _scalar(postgres_database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    assert _scalar(postgres_database, "SHOW server_encoding") == "UTF8"


def test_the_corpus_lies_beside_the_clone(shared_corpus: Path) -> None:
    assert (shared_corpus / "MANIFEST.tsv").is_file()


def test_the_made_bills_lie_beside_the_clone(shared_made: Path) -> None:
    assert (shared_made / "README.md").is_file()


def test_the_locks_pin_every_package_by_hash_and_name_no_index(repository: Path) -> None:
    """A lock that named an index would tie every user to it; one without hashes would not be a lock."""
    for lock in (repository / "requirements").glob("*.txt"):
        text = lock.read_text("utf-8")
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert pins
        assert all("==" in pin and pin.endswith("\\") for pin in pins), lock.name
        assert "://" not in text, lock.name


def test_every_runtime_pin_is_the_same_when_developing(repository: Path) -> None:
    def pins(name: str) -> set[str]:
        lines = (repository / "requirements" / name).read_text("utf-8").splitlines()
        return {line.rstrip(" \\") for line in lines if "==" in line and not line.startswith((" ", "#"))}

    assert pins("runtime.txt")
    assert pins("runtime.txt") <= pins("dev.txt")


def test_make_lists_its_targets(repository: Path) -> None:
    listed = subprocess.run(["make", "help"], cwd=repository, capture_output=True, text=True, check=True).stdout  # noqa: S607
    for target in ("setup", "test", "demo", "bench", "stress", "clean"):
        assert f"make {target} " in listed
