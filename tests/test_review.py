"""`apilint routes --lock`, `--check` and `--diff` in a git repository, and the finding that says the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checkout import Checkout
from commandline import Ran, apilint

MAIN = """
from fastapi import Depends, FastAPI, Header, HTTPException

from orders import router


def signed_in(x_key: str = Header()) -> None:
    if x_key != "secret":
        raise HTTPException(401)


app = FastAPI()
app.include_router(router, prefix="/orders", dependencies=[Depends(signed_in)])


@app.get("/health")  # apilint: public -- for the load balancer
def health():
    return {}


@app.delete("/everything", dependencies=[Depends(signed_in)])
def forget_everything():
    return None
"""
ORDERS = """
from fastapi import APIRouter

router = APIRouter()


@router.get("/")
def list_orders():
    return []


@router.post("/")
def place_order(product: int):
    return product
"""
BARE = MAIN.replace('@app.delete("/everything", dependencies=[Depends(signed_in)])', '@app.delete("/everything")')
LAID_BARE = (
    "became public\n"
    "  DELETE /everything  required -> none, lost signed_in  forget_everything main.py:22\n"
    "\n"
    "1 change against {base}, which opens a route to anyone.\n"
)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    checkout = Checkout(tmp_path)
    checkout.write(main=MAIN, orders=ORDERS)
    monkeypatch.chdir(checkout.root)
    assert apilint("routes", "--lock").status == 0
    checkout.commit()
    return checkout


def kinds(ran: Ran) -> list[tuple[str, str]]:
    return [(each["kind"], f"{each['method']} {each['path']}") for each in json.loads(ran.out)["changes"]]


def test_the_file(shop: Checkout) -> None:
    assert (shop.root / "apilint.routes").read_text().splitlines()[2:] == [
        "DELETE\t/everything\trequired\tsigned_in\tmain:forget_everything",
        "GET\t/health\tnone, public\t-\tmain:health",
        "GET\t/orders/\trequired\tsigned_in\torders:list_orders",
        "POST\t/orders/\trequired\tsigned_in\torders:place_order",
    ]


def test_no_change(shop: Checkout) -> None:
    sentence = "No change of who may call what against {}: 4 routes.\n"
    assert apilint("routes", "--check") == Ran(0, sentence.format("apilint.routes"), "")
    assert apilint("routes", "--diff", "HEAD") == Ran(0, sentence.format("HEAD"), "")


def test_a_change_that_makes_one_route_public_is_told_and_nothing_else(shop: Checkout) -> None:
    shop.git("checkout", "-q", "-b", "tidy-up")
    shop.write(main=BARE, orders=f"# Orders.\n{ORDERS}")
    shop.commit()
    accept = "`apilint routes --lock` accepts it.\n"
    assert apilint("routes", "--check") == Ran(1, LAID_BARE.format(base="apilint.routes") + accept, "")
    assert apilint("routes", "--diff", "main") == Ran(1, LAID_BARE.format(base="main"), "")
    assert apilint("routes", "--lock").status == 0
    assert shop.git("diff", "--numstat").split() == ["1", "1", "apilint.routes"]
    assert apilint("routes", "--check").status == 0


def test_it_is_a_finding_where_the_route_stands(shop: Checkout) -> None:
    assert json.loads(apilint("check", "--select", "APL901", "--format", "json").out)["findings"] == []
    shop.write(main=BARE)
    (found,) = json.loads(apilint("check", "--select", "APL901", "--format", "json").out)["findings"]
    assert (found["file"], found["line"], found["severity"]) == ("main.py", 21, "error")
    assert found["route"] == "DELETE /everything"
    assert [(each["file"], each["line"]) for each in found["related"]] == [("apilint.routes", 3), ("main.py", 22)]
    sarif = json.loads(apilint("check", "--select", "APL901", "--format", "sarif").out)
    (result,) = sarif["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "main.py"


def test_a_route_that_is_gone_is_placed_in_the_file(shop: Checkout) -> None:
    shop.write(main=MAIN.replace('@app.get("/health")  # apilint: public -- for the load balancer', ""))
    (found,) = json.loads(apilint("check", "--select", "APL901", "--format", "json").out)["findings"]
    assert (found["file"], found["line"], found["severity"]) == ("apilint.routes", 4, "note")
    assert "removed\n  GET /health  was none  apilint.routes:4\n" in apilint("routes", "--check").out
    assert "removed\n  GET /health  was none  main.py:17\n" in apilint("routes", "--diff", "HEAD").out


def test_several_changes_the_worst_first(shop: Checkout) -> None:
    shop.write(
        main=MAIN.replace(
            ', dependencies=[Depends(signed_in)])\n\n\n@app.get("/health")', ')\n\n\n@app.get("/health")'
        ),
        orders=ORDERS.replace('"/")\ndef place_order', '"/new")\ndef order'),
    )
    ran = apilint("routes", "--check", "--format", "json")
    assert kinds(ran) == [
        ("became-public", "GET /orders/"),
        ("added-open", "POST /orders/new"),
        ("removed", "POST /orders/"),
    ]
    assert json.loads(ran.out)["stats"] == {"became-public": 1, "added-open": 1, "removed": 1}
    markdown = apilint("routes", "--check", "--format", "markdown")
    assert markdown.status == 1
    assert markdown.out.splitlines()[:6] == [
        "<!-- apilint routes -->",
        "### API surface: 1 route became public, 1 new route open to anyone",
        "",
        "| | route | before | now | handler |",
        "|---|---|---|---|---|",
        "| **became public** | `GET /orders/` | required<br>`signed_in` | none | `orders:list_orders`<br>orders.py:8 |",
    ]


def test_a_renamed_handler_is_told_and_no_drift(shop: Checkout) -> None:
    shop.write(orders=ORDERS.replace("list_orders", "all_orders"))
    ran = apilint("routes", "--check")
    assert ran.status == 0
    assert ran.out == (
        "another handler, the same access\n"
        "  GET /orders/  handler was orders:list_orders  all_orders orders.py:8\n"
        "\n"
        "No change of who may call what against apilint.routes: 4 routes; 1 handler renamed.\n"
        "`apilint routes --lock` brings the file up to date.\n"
    )
    assert json.loads(apilint("check", "--select", "APL901", "--format", "json").out)["findings"] == []


def test_only_what_opens_a_route_fails_if_so_asked(shop: Checkout) -> None:
    shop.write(orders=ORDERS.replace('router.post("/")', 'router.put("/")'))
    assert apilint("routes", "--check").status == 1
    assert apilint("routes", "--check", "--fail-on", "error").status == 0
    shop.write(main=BARE)
    assert apilint("routes", "--check", "--fail-on", "error").status == 1


def test_the_whole_project_counts_wherever_it_is_asked(shop: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop.root / "scripts").mkdir()
    monkeypatch.chdir(shop.root / "scripts")
    assert apilint("routes", "--check").status == 0
    assert apilint("routes", "--diff", "HEAD").status == 0
    assert apilint("routes", "--check", shop.root / "orders.py").status == 0
    before = (shop.root / "apilint.routes").read_bytes()
    assert apilint("routes", "--lock").status == 0
    assert (shop.root / "apilint.routes").read_bytes() == before


def test_the_answer_does_not_depend_on_the_cache(shop: Checkout, tmp_path: Path) -> None:
    shop.write(main=BARE)
    environment = {"APILINT_CACHE_DIR": str(tmp_path / "cache")}
    for words in (("routes", "--check"), ("routes", "--diff", "HEAD"), ("check", "--format", "json")):
        first = apilint(*words, env=environment)
        assert first == apilint(*words, env=environment) == apilint(*words, "--no-cache")
    assert apilint("check", env=environment).out.count("APL901") == 1
    apilint("routes", "--lock", env=environment)
    assert apilint("check", env=environment).out.count("APL901") == 0


def test_a_file_that_is_damaged_or_missing(shop: Checkout) -> None:
    lock = shop.root / "apilint.routes"
    lock.write_text(lock.read_text().replace("\trequired\t", "\tguarded\t", 1))
    problem = "apilint.routes:3: expected a verdict (required, optional, conditional, none, unknown), found 'guarded'\n"
    assert apilint("routes", "--check") == Ran(2, "", f"apilint: {problem}")
    assert apilint("check") == Ran(2, "", f"apilint: {problem}")
    assert apilint("check", "--select", "APL1").status in (0, 1)
    lock.unlink()
    ran = apilint("routes", "--check")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"apilint: {lock}: there is no such file; `apilint routes --lock` writes it\n"


def test_a_file_that_could_not_be_read_whole_is_no_clean_bill(shop: Checkout) -> None:
    shop.write(broken="def broken(:\n")
    ran = apilint("routes", "--check")
    assert (ran.status, "broken.py:1" in ran.err) == (2, True)
    assert apilint("routes", "--lock").status == 2


@pytest.mark.parametrize("revision", ["nonsense", "--output=x", ""])
def test_a_revision_that_is_none(shop: Checkout, revision: str) -> None:
    ran = apilint("routes", f"--diff={revision}")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"apilint: --diff {revision}: ")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--lock", "--check"), "--lock and --check are two tasks; ask for one of them"),
        (("--check", "--why", "/health"), "--check and --why are two tasks; ask for one of them"),
        (("--check", "--public"), "--public does not go with --check"),
        (("--check", "--format", "table"), "--format table does not go with --check: text or markdown or json"),
        (
            ("--format", "markdown"),
            "--format markdown does not go with the table of routes: table or json or openapi or html",
        ),
        (("--lock", "--format", "json"), "--format json does not go with --lock: none"),
    ],
)
def test_options_that_do_not_go_together(shop: Checkout, words: tuple[str, ...], problem: str) -> None:
    assert apilint("routes", *words) == Ran(2, "", f"apilint: {problem}\n")
