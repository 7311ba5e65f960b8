"""A PostgreSQL server of one's own, empty, on this machine, for as long as the process lives."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
FASTER = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


def serve(*databases: str) -> str:
    """Start a server with the databases given: `postgresql://postgres@127.0.0.1:PORT`."""
    folder = Path(tempfile.mkdtemp(prefix="parity-postgres-"))
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    data = folder / "data"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder}
    subprocess.run(
        [_program("initdb"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", data], user=user, **quiet
    )
    settings = [f"-c{setting}" for setting in (*FASTER, f"port={port}", f"unix_socket_directories={folder}")]
    control = [_program("pg_ctl"), "-D", data]
    subprocess.run([*control, "-w", "-l", folder / "log", "-o", " ".join(settings), "start"], user=user, **quiet)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(subprocess.run, [*control, "-m", "immediate", "stop"], user=user, **quiet)
    for name in databases:
        subprocess.run([_program("createdb"), "-h", "127.0.0.1", "-p", port, "-U", "postgres", name], **quiet)
    return f"postgresql://postgres@127.0.0.1:{port}"


def _program(name: str) -> str:
    """One of PostgreSQL's programs, from the search path or from where Debian keeps them."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(installed[-1]) if installed else None)
    if found is None:
        raise FileNotFoundError(f"{name} was not found: this application needs an installed PostgreSQL")
    return found
