"""PostgreSQL for a benchmark: the server that the tests use, and a bare COPY into it."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

import psycopg
from sqlalchemy import make_url

from bench.floor import columns, rows
from tests.postgres_server import running_postgres


def running() -> AbstractContextManager[str]:
    """A fresh server; gives the URL of its maintenance database. It does not wait for the disk (fsync is off)."""
    return running_postgres()


def new_database(url: str, name: str) -> str:
    """An empty database of that name; its URL."""
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def bare_copy(url: str, count: int) -> float:
    """Seconds in which rows ready in memory are copied into a bare table and committed."""
    ready = rows(count)
    with psycopg.connect(_plain(url)) as connection:
        connection.execute(f"CREATE TABLE bare ({columns().replace('INTEGER', 'BIGINT')})")
        connection.commit()
        started = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy("COPY bare FROM STDIN") as copy:
            for row in ready:
                copy.write_row(row)
        connection.commit()
        return time.perf_counter() - started


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg", "postgresql")
