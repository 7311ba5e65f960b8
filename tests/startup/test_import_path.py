"""Modules that are imported without the name of their package, from the folder of the script that is run."""

from __future__ import annotations

from pathlib import Path

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
