"""One call of an ASGI application without a server or a client library: status, redirect target, closure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

PATIENCE = 10.0

App = Callable[..., Any]


@dataclass
class Answer:
    """What came back. `status` is 0 when nothing came; of a websocket it is the code of the closure, negative before
    the connection was accepted."""

    status: int = 0
    location: str = ""
    reason: Any = None
    failed: bool = False


@asynccontextmanager
async def lifespan(app: App) -> AsyncIterator[App]:
    """Start the application as a server does, without waiting for its end: the same, with the state that it made."""
    state: dict[str, Any] = {}
    told: asyncio.Queue[str] = asyncio.Queue()
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def receive() -> dict[str, Any]:
        return {"type": await told.get()}

    async def send(message: dict[str, Any]) -> None:
        if not started.done() and message["type"].startswith("lifespan.startup"):
            started.set_result(message.get("message", ""))

    async def with_state(scope: dict[str, Any], receive: App, send: App) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    await told.put("lifespan.startup")
    running = asyncio.ensure_future(
        app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}, receive, send)
    )
    await asyncio.wait({running, started}, return_when=asyncio.FIRST_COMPLETED)
    if started.done() and started.result():
        raise RuntimeError(f"the application did not start: {started.result()}")
    if running.done() and running.exception() and not started.done():
        raise RuntimeError("the application did not start") from running.exception()
    yield with_state


async def http(app: App, method: str, url: str, body: bytes = b"") -> Answer:
    """Call once; an answer whose body does not end is an answer all the same."""
    answer = Answer()
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            await asyncio.sleep(PATIENCE)
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            headers = {bytes(key).lower(): bytes(value) for key, value in message.get("headers", ())}
            answer.location = headers.get(b"location", b"").decode("latin-1")

    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())] if body else []
    await _run(app, {**_scope("http", url, headers), "method": method}, receive, send, answer)
    return answer


async def websocket(app: App, url: str) -> Answer:
    """Open a websocket, say `{}`, and wait for a message or the closure."""
    answer = Answer()
    accepted = asyncio.Event()
    spoken = asyncio.Event()
    said = iter([{"type": "websocket.connect"}])

    async def receive() -> dict[str, Any]:
        if (first := next(said, None)) is not None:
            return first
        await accepted.wait()
        if spoken.is_set():
            await asyncio.sleep(PATIENCE)
        spoken.set()
        return {"type": "websocket.receive", "text": "{}"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.accept":
            accepted.set()
        elif message["type"] == "websocket.close":
            code = message.get("code", 1000)
            answer.status, answer.reason = (code if accepted.is_set() else -code), message.get("reason")
        elif message["type"] == "websocket.http.response.start":
            answer.status = -message["status"]
        elif message["type"] == "websocket.send":
            raise asyncio.CancelledError

    await _run(app, {**_scope("websocket", url, []), "subprotocols": []}, receive, send, answer)
    return answer


def _scope(kind: str, url: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    path, _, query = url.partition("?")
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "ws" if kind == "websocket" else "http",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 50000),
        "root_path": "",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"testserver"), *headers],
        "extensions": {},
    }


async def _run(app: App, scope: dict[str, Any], receive: App, send: App, answer: Answer) -> None:
    running = asyncio.ensure_future(app(scope, receive, send))
    done, _ = await asyncio.wait({running}, timeout=PATIENCE)
    if not done:
        running.cancel()
        await asyncio.wait({running}, timeout=1)
        return
    with suppress(asyncio.CancelledError):
        if running.exception() is not None:
            answer.failed = True
            answer.status = answer.status or 500
