"""Reports for the page: a small shop with everything in it, a very large program, and one that wants to break out."""

from __future__ import annotations

import msgspec

from apilint.finding import Finding, Place, Report, Severity
from apilint.report.options import RenderOptions
from apilint.report.rows import DemandRow, GuardRow, RouteRow, StepRow
from report.samples import BROKEN, RULE, UNRESOLVED, finding, report

SOURCES = {
    "shop/deps.py": "def user(token):\n    if not token:\n        raise HTTPException(401)\n",
    "shop/items.py": (
        "router = APIRouter()\n\n\n@router.post('/items')\ndef make(words):\n    execute('SELECT ' + words)\n"
    ),
    "shop/main.py": "app = FastAPI()\napp.include_router(router)\n",
}
USER = GuardRow(
    "user",
    "dependency",
    "include_router in shop/main.py",
    "shop/main.py",
    2,
    chain=(StepRow("shop/main.py", 2, "included with `Depends(user)`"), StepRow("shop/deps.py", 3, "raises 401")),
)
HOLLOW = GuardRow("check", "dependency", "the decorator", "shop/items.py", 4, effect="hollow", reason="returns False")
VERDICTS = ("required", "conditional", "optional", "none", "unknown")


def route(method: str, path: str, auth: str = "required", **more: object) -> RouteRow:
    guards = {"guards": (USER,)} if auth == "required" else {"considered": (HOLLOW,)}
    row = RouteRow("fastapi", (method,), path, f"shop.items:{path}", "shop/items.py", 5, auth, **guards)  # type: ignore[arg-type]
    return msgspec.structs.replace(row, **more)


def shop() -> tuple[Report, RenderOptions]:
    """Every verdict, two areas, a finding with a path from source to sink."""
    routes = (
        route("POST", "/items", "none", handler="shop.items:make"),
        route("GET", "/items"),
        route("GET", "/items/{id}/parts/{part}/price", auth="required", hidden=True),
        route("GET", "/items/{id}/parts"),
        route("GET", "/items/{id}/parts/{part}"),
        route("GET", "/items/{id}", demands=(DemandRow("role", "clerk"),)),
        route("DELETE", "/items/{id}", "conditional", condition="settings.AUTH"),
        route("GET", "/health", "none", public=True, public_reason="for the balancer"),
        route("GET", "/live", "unknown", unknown="'make_guard' is not in the library models", framework="flask"),
        route("GET", "/admin/users", "optional"),
        route("GET", "/admin/roles"),
        route("GET", "/admin/log"),
    )
    sink = finding(
        code="APL101",
        message="SQL for 'execute' is built from `words`.",
        place=Place("shop/items.py", 6, 5, 6, 31, text="    execute('SELECT ' + words)"),
        trace=(
            Place("shop/items.py", 5, 10, 5, 15, "`words` comes from the caller of POST /items"),
            Place("shop/items.py", 6, 13, 6, 30, "the statement is put together here"),
            Place("shop/items.py", 6, 5, 6, 31, "`execute` hands it to the database"),
        ),
        route="POST /items",
        fingerprint="feed",
    )
    elsewhere = finding(severity=Severity.NOTE, message="A note.", route="", place=Place("shop/main.py", 1, 1, 1, 4))
    made = report(sink, elsewhere, diagnostics=(BROKEN, UNRESOLVED))
    return made, RenderOptions(project="shop", version="1.0", routes=routes, sources=SOURCES.get)


def large(routes: int = 6_000, findings: int = 2_000) -> tuple[Report, RenderOptions]:
    """As large as programs get: 60 routers, each with areas of its own, and findings on a third of the routes."""
    rows = [_numbered(number) for number in range(routes)]
    found = [_found(number, rows[number * routes // findings]) for number in range(findings)]
    text = "\n".join(f"line = {number}  # a line of ordinary length, as programs have them" for number in range(500))
    options = RenderOptions(project="large", routes=rows, sources=lambda file: text)
    return Report(tuple(found), (), (RULE,), report().stats), options


def _numbered(number: int) -> RouteRow:
    router, rest = divmod(number, 100)
    path = f"/api/v1/area{router % 20}/part{router}/{'list' if rest % 2 else '{id}'}/{rest}"
    guard = msgspec.structs.replace(USER, line=number % 400 + 1, via=f"router {router}")
    row = route(
        ("GET", "POST", "PUT", "DELETE")[number % 4], path, VERDICTS[3 if number % 17 == 0 else number % 11 == 5]
    )
    row = msgspec.structs.replace(row, file=f"large/part{router}.py", line=rest + 1, router=f"large/part{router}.py:1")
    return msgspec.structs.replace(row, guards=(guard,)) if row.guards else row


def _found(number: int, row: RouteRow) -> Finding:
    steps = tuple(Place(row.file, line, 1, line, 5, f"step {line} of `it`") for line in range(1, 5))
    place = Place(row.file, number % 400 + 1, 1, number % 400 + 1, 9, text="line = 1")
    severity = (Severity.ERROR, Severity.WARNING, Severity.NOTE)[number % 3]
    label = f"{row.methods[0]} {row.path}"
    return finding(place=place, trace=steps, route=label, severity=severity, fingerprint=f"{number:032x}")


EVIL = (
    "</script><script>alert('ran')</script>",
    "</style><script>alert('ran')</script>",
    "<img src=x onerror=alert('ran')>",
    '"><svg onload=alert("ran")>',
    "javascript:alert('ran')",
    "{{data}}--><!--<script>",
    "\u2028alert('ran')\u2029",
)


def evil() -> tuple[Report, RenderOptions]:
    """Every text that comes from a scanned program tries to run."""
    rows, found = [], []
    for text in EVIL:
        step = StepRow(f"{text}.py", 1, text)
        guard = GuardRow(text, text, text, f"{text}.py", 1, chain=(step,), lapses=(step,), settle=text, condition=text)
        row = RouteRow(text, (text,), f"/{text}", text, f"{text}.py", 1, "unknown", unknown=text, guards=(guard,))
        rows.append(
            msgspec.structs.replace(
                row, app=text, router=text, only_if=text, public_reason=text, demands=(DemandRow(text, text),)
            )
        )
        place = Place(f"{text}.py", 1, 1, 1, 9, message=text, text=text)
        found.append(finding(message=text, place=place, trace=(place,), route=f"{text} /{text}", enclosing=text))
    rule = msgspec.structs.replace(RULE, title=EVIL[0], why=EVIL[0], fix=EVIL[1], references=(EVIL[4], EVIL[2]))
    broken = tuple(msgspec.structs.replace(BROKEN, message=text, file=text) for text in EVIL)
    options = RenderOptions(
        project=EVIL[0],
        routes=rows,
        sources=lambda file: file,
        repository_uri="https://github.com/a/b",
        revision=EVIL[0],
    )
    return Report(tuple(found), broken, (rule,), report().stats), options
