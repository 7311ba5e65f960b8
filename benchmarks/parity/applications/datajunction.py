"""DataJunction's server: FastAPI; routers of classes of its own: each path with and without a slash, log-in for all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application

APPLICATION = Application(
    requirement="datajunction-server==0.0.272",
    framework="fastapi",
    packages=("datajunction_server",),
    extras=("aiosqlite", "sqlalchemy[asyncio]", "fastapi<0.130"),
)


def start(scratch: Path) -> Any:
    """The application of `datajunction_server.api.main`, on those of its tables that can stand in a file, empty."""
    os.environ["WRITER_DB__URI"] = f"sqlite+aiosqlite:///{scratch}/dj.sqlite"
    from datajunction_server.api.main import app
    from datajunction_server.database.base import Base
    from sqlalchemy import create_engine, event
    from sqlalchemy.engine import Engine
    from sqlalchemy.exc import SQLAlchemyError

    engine = create_engine(f"sqlite:///{scratch}/dj.sqlite")
    for table in Base.metadata.sorted_tables:
        with suppress(SQLAlchemyError):
            table.create(engine)

    @event.listens_for(Engine, "do_connect")
    def connect_to_a_file(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        """Options of a server's connection mean nothing to a file."""
        options.clear()

    return app
