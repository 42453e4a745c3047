"""Fixtures for every area: a PostgreSQL server, started once and only if a test needs it."""

from tests.support.postgres import database_url, postgres_server, postgres_url

__all__ = ["database_url", "postgres_server", "postgres_url"]
