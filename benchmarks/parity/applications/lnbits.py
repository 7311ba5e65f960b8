"""LNbits: FastAPI; nearly all routes are registered at start-up, in functions."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

NO_PROVIDER = "the provider has to be configured, and none is: 403 is the answer to everybody"
APPLICATION = Application(
    requirement="lnbits==1.6.2",
    framework="fastapi",
    packages=("lnbits",),
    extras=("bitstring<5",),  # bolt11 takes from it what version 5 no longer has
    environment={"LNBITS_BACKEND_WALLET_CLASS": "VoidWallet", "LNBITS_ADMIN_UI": "true"},
    causes=(Cause("verdict", "GET /api/v1/auth/{provider}*", NO_PROVIDER),),
)
OWNER = "6f1c2a525d0c4e0b9f570d9a6e3f7a11"


def start(scratch: Path) -> Any:
    """The application of `python -m lnbits`, past its first installation, with a wallet that pays nothing."""
    os.environ.update(LNBITS_DATA_FOLDER=str(scratch), LNBITS_EXTENSIONS_PATH=str(scratch), SUPER_USER=OWNER)
    import lnbits

    os.symlink(Path(lnbits.__file__).parent, scratch / "lnbits")  # it looks for its static files from where it runs
    from lnbits.__main__ import app

    asyncio.run(_install())
    return app


async def _install() -> None:
    """Until there is an owner, every call is redirected to the installation."""
    from lnbits.commands import migrate_databases
    from lnbits.core.crud import create_account, create_wallet
    from lnbits.core.models import Account

    await migrate_databases()
    await create_account(Account(id=OWNER, username="owner"))
    await create_wallet(user_id=OWNER)
