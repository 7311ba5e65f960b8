"""Modules that are imported without the name of their package, from the folder of the script that is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from linting import routes, write

SHOP = {
    "shop/__init__.py": "",
    "shop/main.py": "from web.server import app\n",
    "shop/web/__init__.py": "",
    "shop/web/server.py": """
from flask import Flask

from api import blueprint

app = Flask(__name__)
app.register_blueprint(blueprint)
""",
    "shop/api/__init__.py": """
from flask import Blueprint

blueprint = Blueprint("api", __name__)

from .orders import list
""",
    "shop/api/keys.py": """
from flask import abort, request


def asks(view):
    def asking():
        if request.headers.get("X-Key") != "secret":
            abort(401)
        return view()

    return asking
""",
    "shop/api/orders.py": """
from api.keys import asks

from . import blueprint


@blueprint.get("/orders")
@asks
def list():
    return []
""",
}


def test_packages_are_found_beside_the_script(tmp_path: Path) -> None:
    found = routes(write(tmp_path, SHOP))
    assert [(row.path, row.auth) for row in found] == [("/orders", "required")]


def test_a_library_is_not_what_has_its_name_within_a_package(tmp_path: Path) -> None:
    """`import flask` is the library's although the package has a module of that name for itself."""
    files = {
        "shop/__init__.py": "",
        "shop/integrations/__init__.py": "",
        "shop/integrations/flask.py": "Flask = None\n",
        "shop/web.py": "from flask import Flask\n\napp = Flask(__name__)\napp.add_url_rule('/', 'index', lambda: '')\n",
        "shop/integrations/web.py": "import flask.views\n",
    }
    assert [row.path for row in routes(write(tmp_path, files))] == ["/"]


def test_a_package_beside_the_script_finds_what_stands_beside_it(tmp_path: Path) -> None:
    """Not its neighbour of the same name, which a script alone would find; others may import all of it by the name of
    the folder."""
    files = {
        "tests/test_keys.py": "from server.main import app\n",
        "server/main.py": """
from fastapi import FastAPI

from auth import signed_in
from routers import auth as auth_router
from routers import keys

app = FastAPI()
app.include_router(auth_router.router)
app.include_router(keys.router)
""",
        "server/auth.py": """
from fastapi import HTTPException, Request


def signed_in(request: Request):
    if "authorization" not in request.headers:
        raise HTTPException(401)
""",
        "server/routers/__init__.py": "",
        "server/routers/auth.py": """
from fastapi import APIRouter, Depends

from auth import signed_in

router = APIRouter()


@router.get("/me", dependencies=[Depends(signed_in)])
def me():
    return {}
""",
        "server/routers/keys.py": """
from fastapi import APIRouter, Depends

from auth import signed_in

router = APIRouter()


@router.get("/keys", dependencies=[Depends(signed_in)])
def keys():
    return []
""",
    }
    found = routes(write(tmp_path, files))
    assert [(row.path, row.auth) for row in found] == [("/keys", "required"), ("/me", "required")]


def test_a_library_is_not_a_package_of_its_name_that_has_some_of_its_modules(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/flask/__init__.py": "",
        "shop/flask/views.py": "from flask.views import MethodView\n",
        "shop/web.py": """
from flask import Flask
from flask.globals import request

from .flask import views

app = Flask(__name__)
app.add_url_rule("/", "index", lambda: "")
""",
    }
    assert [row.path for row in routes(write(tmp_path, files))] == ["/"]


ADDITIONS = {
    "os.path": """
import os, sys
BASE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(BASE, "parts", "apps"))
""",
    "pathlib": """
import sys
from pathlib import Path
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "parts" / "apps"))
""",
    "parents": """
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).resolve().parents[1].joinpath("parts", "apps")))
""",
    "in a function": """
import sys
from os.path import abspath, dirname, join
def main():
    here = dirname(abspath(__file__))
    sys.path.append(join(here, "..", "parts", "apps"))
main()
""",
}


@pytest.mark.parametrize("settings", ADDITIONS.values(), ids=ADDITIONS)
def test_a_program_puts_a_folder_on_the_path(tmp_path: Path, settings: str) -> None:
    """`parts/apps` is a package as well, and nobody uses its name."""
    files = {
        "shop/__init__.py": "",
        "shop/setup.py": settings,
        "shop/main.py": "from flask import Flask\nfrom . import setup\nfrom orders.views import page\n"
        "app = Flask(__name__)\napp.register_blueprint(page)\n",
        "parts/__init__.py": "",
        "parts/apps/__init__.py": "",
        "parts/apps/orders/__init__.py": "",
        "parts/apps/orders/views.py": "from flask import Blueprint\n\npage = Blueprint('page', __name__)\n\n\n"
        "@page.get('/orders')\ndef orders():\n    return []\n",
    }
    assert [row.path for row in routes(write(tmp_path, files))] == ["/orders"]


def test_a_folder_that_nobody_knows_is_not_on_the_path(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/main.py": "import sys\nfrom flask import Flask\nsys.path.append(sys.argv[1])\nimport orders\n"
        "app = Flask(__name__)\norders.register(app)\n",
        "parts/__init__.py": "",
        "parts/orders.py": "def register(app):\n    app.add_url_rule('/orders', 'orders', list)\n",
    }
    assert not routes(write(tmp_path, files))
