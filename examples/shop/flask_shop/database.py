"""One connection for each request."""

import sqlite3

from flask import g


def connection() -> sqlite3.Connection:
    if "connection" not in g:
        g.connection = sqlite3.connect("shop.db", isolation_level=None)
        g.connection.row_factory = sqlite3.Row
    return g.connection


def query(statement: str, parameters: tuple[object, ...] = ()) -> list[sqlite3.Row]:
    return connection().execute(statement, parameters).fetchall()
