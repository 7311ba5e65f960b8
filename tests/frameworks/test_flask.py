"""Flask where the fixture applications do not reach: libraries that are not installed, doubt, discovery."""

from __future__ import annotations

from pathlib import Path

from linting import routes, write

GUARDS = """
from functools import wraps
from flask import abort, request

def need_token(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if not request.headers.get("Authorization"):
            abort(401)
        return view(*args, **kwargs)
    return wrapper
"""


def verdicts(folder: Path, **files: str) -> dict[str, str]:
    """`{"GET /path": verdict}` of a project of modules."""
    write(folder, {f"{name}.py": text for name, text in files.items()})
    return {f"{method} {row.path}": row.auth for row in routes(folder) for method in row.methods}


def test_appbuilder_views_bring_the_methods_of_the_library(tmp_path: Path) -> None:
    main = """
from flask import Flask
from flask_appbuilder import AppBuilder, BaseView, expose, has_access
from flask_appbuilder.api import BaseApi, ModelRestApi, expose as expose_api, protect

app = Flask(__name__)
appbuilder = AppBuilder(app)

class PetApi(ModelRestApi):
    resource_name = "pet"
    include_route_methods = {"get", "get_list", "feed"}

    @expose_api("/feed", methods=("POST",))
    def feed(self):
        return {}

class StatusApi(BaseApi):
    @expose_api("/")
    @expose_api("/now")
    @protect()
    def now(self):
        return {}

class Start(BaseView):
    route_base = "/start"

    @expose("/")
    def index(self):
        return "hello"

    @expose("/private/")
    @has_access
    def private(self):
        return "secret"

appbuilder.add_api(PetApi)
appbuilder.add_api(StatusApi)
appbuilder.add_view_no_menu(Start())
"""
    assert verdicts(tmp_path, main=main) == {
        "GET /api/v1/pet/": "required",
        "GET /api/v1/pet/<int:pk>": "required",
        "POST /api/v1/pet/feed": "none",
        "GET /api/v1/statusapi/": "required",
        "GET /api/v1/statusapi/now": "required",
        "GET /start/": "none",
        "GET /start/private/": "required",
    }


def test_an_inherited_method_without_expose_is_no_route(tmp_path: Path) -> None:
    main = """
from flask import Flask
from flask_appbuilder import AppBuilder
from flask_appbuilder.api import ModelRestApi

class PetApi(ModelRestApi):
    exclude_route_methods = {"info", "post", "put", "get"}

    def delete(self, pk):
        return {}

appbuilder = AppBuilder(Flask(__name__))
appbuilder.add_api(PetApi)
"""
    assert verdicts(tmp_path, main=main) == {"GET /api/v1/petapi/": "required"}


def test_classful_views_are_routed_by_the_names_of_their_methods(tmp_path: Path) -> None:
    main = """
from flask import Flask
from flask_classful import FlaskView, route
from guards import need_token

app = Flask(__name__)

class QuoteView(FlaskView):
    def index(self):
        return "all"

    def get(self, id: int):
        return "one"

    @need_token
    def post(self):
        return "made"

    @route("/best")
    def favourite(self):
        return "best"

class VaultView(FlaskView):
    route_base = "/safe"
    decorators = [need_token]

    def open_door(self):
        return "open"

QuoteView.register(app)
VaultView.register(app, trailing_slash=False)
"""
    assert verdicts(tmp_path, main=main, guards=GUARDS) == {
        "GET /quote/": "none",
        "GET /quote/<int:id>/": "none",
        "POST /quote/": "required",
        "GET /quote/best": "none",
        "GET /safe/open_door": "required",
    }


def test_smorest_registers_blueprints_through_its_api(tmp_path: Path) -> None:
    main = """
from flask import Flask
from flask.views import MethodView
from flask_smorest import Api, Blueprint
from guards import need_token

app = Flask(__name__)
api = Api(app)
pets = Blueprint("pets", __name__, url_prefix="/pets")

@pets.route("/")
class Pets(MethodView):
    @pets.response(200)
    def get(self):
        return []

    @need_token
    def post(self):
        return {}

api.register_blueprint(pets, url_prefix="/animals")
"""
    assert verdicts(tmp_path, main=main, guards=GUARDS) == {"GET /animals/": "none", "POST /animals/": "required"}


def test_apiflask_asks_for_its_schemes(tmp_path: Path) -> None:
    main = """
from apiflask import APIBlueprint, APIFlask, HTTPTokenAuth
from flask.views import MethodView

app = APIFlask(__name__)
auth = HTTPTokenAuth()
bp = APIBlueprint("b", __name__, url_prefix="/b")

@bp.before_request
@bp.auth_required(auth)
def hook():
    pass

@bp.get("/closed")
def closed():
    return {}

@app.route("/items")
class Items(MethodView):
    def get(self):
        return {}

    @app.auth_required(auth)
    def post(self):
        return {}

app.register_blueprint(bp)
"""
    assert verdicts(tmp_path, main=main) == {
        "GET /b/closed": "required",
        "GET /items": "none",
        "POST /items": "required",
    }


def test_quart_is_read_like_flask(tmp_path: Path) -> None:
    main = """
from quart import Quart, abort, request

app = Quart(__name__)

@app.before_request
async def gate():
    if request.path != "/health" and not request.headers.get("Authorization"):
        abort(401)

@app.get("/health")
async def health():
    return "ok"

@app.get("/items")
async def items():
    return []

@app.websocket("/feed")
async def feed():
    ...
"""
    found = verdicts(tmp_path, main=main)
    assert (found["GET /health"], found["GET /items"]) == ("none", "required")
    assert "WEBSOCKET /feed" in found


def test_blueprints_are_found_in_the_modules_of_a_folder(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": """
import importlib
import pkgutil
from flask import Blueprint, Flask
from shop import views

def create_app():
    app = Flask(__name__)
    for module in pkgutil.iter_modules(views.__path__, "shop.views."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Blueprint):
                app.register_blueprint(value)
    return app
""",
        "shop/views/__init__.py": "",
        "shop/views/pets.py": """
from flask import Blueprint

bp = Blueprint("pets", __name__, url_prefix="/pets")

@bp.get("/")
def pets():
    return []
""",
    }
    write(tmp_path, files)
    assert [(row.path, row.handler) for row in routes(tmp_path)] == [("/pets/", "shop.views.pets:pets")]


def test_views_taken_from_the_names_of_a_module(tmp_path: Path) -> None:
    main = """
from flask import Flask

app = Flask(__name__)

def list_pets():
    return []

def list_owners():
    return []

for name in ("list_pets", "list_owners"):
    app.add_url_rule("/" + name, view_func=globals()[name])
"""
    write(tmp_path, {"main.py": main})
    assert [row.handler for row in routes(tmp_path)] == ["main:list_owners", "main:list_pets"]


def test_a_blueprint_that_something_unknown_brings_is_shown(tmp_path: Path) -> None:
    main = """
from flask import Flask
from plugins import installed

app = Flask(__name__)
for plugin in installed():
    app.register_blueprint(plugin.blueprint())
"""
    extra = """
from flask import Blueprint

bp = Blueprint("extra", __name__, url_prefix="/extra")

@bp.get("/")
def extra():
    return "more"
"""
    assert verdicts(tmp_path, main=main, extra=extra) == {"GET /extra/": "none"}


def test_what_stands_in_a_loop_over_something_unknown_may_not_be_there(tmp_path: Path) -> None:
    main = """
from flask import Flask
from plugins import installed

app = Flask(__name__)

def show():
    return "shown"

for kind in installed("kinds"):
    app.add_url_rule(f"/{kind}/", view_func=show, endpoint=kind)
for kind in ("dataset", "group"):
    app.add_url_rule(f"/{kind}/", view_func=show, endpoint=kind)
"""
    write(tmp_path, {"main.py": main})
    assert {row.path: row.only_if for row in routes(tmp_path)} == {
        "/{kind}/": "installed('kinds')",
        "/dataset/": "",
        "/group/": "",
    }


def test_a_guard_put_on_by_a_factory_that_nobody_calls_is_conditional(tmp_path: Path) -> None:
    main = """
from flask import Flask

app = Flask(__name__)

@app.get("/items")
def items():
    return []
"""
    secured = """
from flask import Flask, abort, request
from main import app

def check():
    if not request.headers.get("Authorization"):
        abort(401)

def create_app(app=app):
    app.before_request(check)
    app.extensions["metrics"] = Flask("metrics")
    return app
"""
    write(tmp_path, {"main.py": main, "secured.py": secured})
    (row,) = [row for row in routes(tmp_path) if row.path == "/items"]
    assert (row.auth, row.condition) == ("conditional", "create_app() is called")


def test_a_hook_whose_answer_is_not_known_is_unknown(tmp_path: Path) -> None:
    main = """
from flask import Flask, Response
from importlib import import_module
import configuration

app = Flask(__name__)

@app.before_request
def gate():
    authenticate = getattr(import_module(configuration.read("module")), "authenticate")
    authorization = authenticate()
    if isinstance(authorization, Response):
        return authorization

@app.get("/items")
def items():
    return []
"""
    write(tmp_path, {"main.py": main})
    (row,) = routes(tmp_path)
    assert row.auth == "unknown"
    assert "gate" in row.unknown


def test_a_guard_above_the_route_is_shown_as_hollow(tmp_path: Path) -> None:
    main = """
from flask import Flask
from guards import need_token

app = Flask(__name__)

@need_token
@app.get("/items")
def items():
    return []
"""
    write(tmp_path, {"main.py": main, "guards.py": GUARDS})
    (row,) = routes(tmp_path)
    assert (row.auth, [(guard.name, guard.effect) for guard in row.considered]) == ("none", [("need_token", "hollow")])


def test_configuration_is_open_unless_it_is_a_constant_of_the_module(tmp_path: Path) -> None:
    main = """
from flask import Flask, abort, request

app = Flask(__name__)
app.config.from_mapping(CLOSED=True)

def check():
    if not request.headers.get("Authorization"):
        abort(401)

if app.config["CLOSED"]:
    app.before_request(check)

@app.get("/items")
def items():
    return []
"""
    write(tmp_path, {"main.py": main})
    (row,) = routes(tmp_path)
    assert row.auth == "conditional"
    assert "CLOSED" in row.condition


def test_authorization_that_a_registry_dispatches_is_followed(tmp_path: Path) -> None:
    main = """
from flask import Flask, abort
from flask_login import current_user
import access

app = Flask(__name__)

@app.get("/pets")
def pets():
    try:
        access.check("read_pets", {"user": current_user})
    except access.NotAuthorized:
        abort(403)
    return []

@app.delete("/pets")
def delete_pets():
    try:
        access.check("delete_pets", {"user": current_user})
    except access.NotAuthorized:
        abort(403)
    return []
"""
    access = """
import inspect
import policies

class NotAuthorized(Exception):
    pass

RULES = {name: rule for name, rule in inspect.getmembers(policies, inspect.isfunction)}

def check(action, context):
    if not RULES[action](context):
        raise NotAuthorized(action)
"""
    policies = """
def read_pets(context):
    return True

def delete_pets(context):
    return context["user"].is_authenticated
"""
    found = verdicts(tmp_path, main=main, access=access, policies=policies)
    assert found == {"GET /pets": "none", "DELETE /pets": "required"}


def test_views_of_modules_that_are_imported_within_the_context(tmp_path: Path) -> None:
    main = """
from flask import Flask

def create_app():
    app = Flask(__name__)
    with app.app_context():
        import views
    return app
"""
    views = """
from flask import current_app as app
from guards import need_token

@app.route("/open")
def open_():
    return "open"

@app.route("/closed")
@need_token
def closed():
    return "closed"
"""
    found = verdicts(tmp_path, main=main, views=views, guards=GUARDS)
    assert found == {"GET /open": "none", "GET /closed": "required"}


def test_a_view_that_calls_what_it_was_given_is_the_handler(tmp_path: Path) -> None:
    main = """
from flask import Blueprint, Flask
from flask_login import login_required

def load_items():
    return []

def make(load):
    bp = Blueprint("items", __name__)

    @bp.get("/items")
    def items():
        return load()

    bp.before_request(login_required(lambda: None))
    return bp

app = Flask(__name__)
app.register_blueprint(make(load_items))
"""
    write(tmp_path, {"main.py": main})
    (row,) = routes(tmp_path)
    assert (row.handler, row.auth) == ("main:make.<locals>.items", "required")


def test_paths_exempt_by_pattern(tmp_path: Path) -> None:
    main = """
import re
from flask import Flask, abort, request, session

app = Flask(__name__)
PUBLIC = [re.compile(r"^/public"), re.compile(r"^/health$")]

@app.before_request
def gate():
    if any(pattern.match(request.path) for pattern in PUBLIC) or re.match(r"/about", request.path):
        return
    if "user" not in session:
        abort(401)

@app.get("/public/page")
def page():
    return ""

@app.get("/health")
def health():
    return ""

@app.get("/healthy")
def healthy():
    return ""

@app.get("/about")
def about():
    return ""
"""
    assert verdicts(tmp_path, main=main) == {
        "GET /public/page": "none",
        "GET /health": "none",
        "GET /healthy": "required",
        "GET /about": "none",
    }


def test_a_lambda_that_calls_itself_ends(tmp_path: Path) -> None:
    main = """
from flask import Flask

app = Flask(__name__)

def rendered(lines, sep=" "):
    f = lambda L: sep.join([f(x) if type(x) is list else x for x in L])
    return f(lines)

@app.get("/")
def index():
    return rendered([[load()], "b"])
"""
    assert verdicts(tmp_path, main=main) == {"GET /": "none"}


def test_a_guard_that_the_data_can_switch_off_is_no_requirement(tmp_path: Path) -> None:
    main = """
from flask import Blueprint, Flask, abort, g, redirect, session
from shop.data import forum_of

app = Flask(__name__)
forum = Blueprint("forum", __name__)

def hides_from(user, forum):
    return not session.get("user_id") and forum.is_private

@forum.before_request
def log_in_if_needed():
    current = forum_of(g)
    if current and hides_from(session, current):
        abort(401)

@forum.get("/topics")
def topics():
    return "topics"

app.register_blueprint(forum)

@app.get("/language")
def language():
    if "language" not in session:
        return redirect("/welcome")
    return session["language"]

@app.get("/profile")
def profile():
    if "user_id" not in session:
        return redirect("/welcome")
    return session["user_id"]
"""
    assert verdicts(tmp_path, main=main) == {
        "GET /topics": "optional",
        "GET /language": "none",
        "GET /profile": "required",
    }


def test_a_method_that_is_put_back_wrapped_keeps_its_guard(tmp_path: Path) -> None:
    main = """
from flask import Flask
from flask.views import MethodView
from flask_login import login_required
from flask_smorest import Blueprint

bp = Blueprint("items", __name__)

class Items(MethodView):
    @login_required
    def get(self):
        return "items"

def register(view, url):
    for verb in ("get", "post"):
        method = getattr(view, verb, None)
        if method is None:
            continue
        setattr(view, verb, bp.doc(summary=verb)(method))
    bp.add_url_rule(url, view_func=view.as_view("items"))

register(Items, "/items")
app = Flask(__name__)
app.register_blueprint(bp)
"""
    assert verdicts(tmp_path, main=main) == {"GET /items": "required"}


def test_views_that_are_kept_by_their_class(tmp_path: Path) -> None:
    main = """
from flask import Blueprint, Flask
from flask.views import MethodView
from flask_login import login_required

class Zoo(MethodView):
    @login_required
    def get(self):
        return "zoo"

class Cage(MethodView):
    @login_required
    def post(self):
        return "cage"

def configure(blueprint, routes):
    views = {}
    for path, resource in routes:
        view = views.get(resource)
        if view is None:
            view = resource.as_view(resource.__name__)
            views[resource] = view
        blueprint.add_url_rule(path, view_func=view)

bp = Blueprint("zoo", __name__)
configure(bp, [("/zoo", Zoo), ("/cage", Cage), ("/old/zoo", Zoo)])
app = Flask(__name__)
app.register_blueprint(bp)
"""
    assert verdicts(tmp_path, main=main) == {
        "GET /zoo": "required",
        "POST /cage": "required",
        "GET /old/zoo": "required",
    }


def test_what_is_decorated_decides_what_a_decorator_does(tmp_path: Path) -> None:
    main = """
import types
from functools import wraps
from flask import Blueprint as Base, Flask
from flask.views import MethodView
from flask_login import current_user, login_required
from flask_principal import Permission, RoleNeed
from flask_restx import Api, Resource

class Blueprint(Base):
    def route(self, rule, **options):
        def wrapper(view):
            if isinstance(view, types.FunctionType):
                self.add_url_rule(rule, view.__name__, view, **options)
            else:
                self.add_url_rule(rule, view_func=view.as_view(view.__name__), **options)
            return view
        return wrapper

class Guarded(Api):
    def secure(self, func):
        if isinstance(func, str):
            return self._permitted(Permission(RoleNeed(func)))
        elif isinstance(func, Permission):
            return self._permitted(func)
        else:
            return self._secured(func)

    def _permitted(self, permission):
        def wrapper(func):
            return self._secured(func, permission)
        return wrapper

    def _secured(self, func, permission=None):
        @wraps(func)
        def wrapper(*args, **kwargs):
            if not current_user.is_authenticated:
                self.abort(401)
            if permission is not None:
                with permission.require():
                    return func(*args, **kwargs)
            return func(*args, **kwargs)
        return wrapper

bp = Blueprint("pages", __name__)
api = Guarded(bp)

@bp.route("/page", methods=["POST"])
@login_required
def page():
    return "page"

@bp.route("/pages")
class Pages(MethodView):
    decorators = [login_required]
    def get(self):
        return "pages"

@api.route("/notes")
class Notes(Resource):
    @api.secure
    @api.doc("note")
    def post(self):
        return "note"
    @api.secure("admin")
    def delete(self):
        return "note"
    def get(self):
        return "notes"

app = Flask(__name__)
app.register_blueprint(bp)
"""
    assert verdicts(tmp_path, main=main) == {
        "POST /page": "required",
        "GET /pages": "required",
        "POST /notes": "required",
        "DELETE /notes": "required",
        "GET /notes": "none",
    }


def test_a_class_makes_the_application_when_it_is_made(tmp_path: Path) -> None:
    main = """
from flask import Blueprint, Flask

bp = Blueprint("pages", __name__)
other = Blueprint("other", __name__)

@bp.get("/page")
def page():
    return "page"

@other.get("/other")
def another():
    return "other"

class App:
    BLUEPRINTS = [bp]

    @classmethod
    def _configure(cls, app):
        for each in cls.BLUEPRINTS:
            app.register_blueprint(each)

    def __new__(cls, core):
        app = Flask(__name__)
        cls._configure(app)
        return app

class Server:
    def __init__(self, core):
        self.app = Flask(__name__)
        self.configure()

    def configure(self):
        self.app.register_blueprint(other)

class Thread:
    def run(self):
        App(self.core).run()
        Server(self.core).app.run()
"""
    assert verdicts(tmp_path, main=main) == {"GET /page": "none", "GET /other": "none"}


CHOOSING = """
import os
from flask import Flask
from flask_login import login_required

app = Flask(__name__)
LOCKED = os.environ.get("LOCKED") == "1"


class OnlyIf:
    def __init__(self, decorator, condition):
        self.decorator = decorator
        self.condition = condition

    def __call__(self, view):
        if not self.condition:
            return view
        return self.decorator(view)


def only_if(decorator, condition):
    def decorate(view):
        return decorator(view) if condition else view
    return decorate


@app.get("/object")
@OnlyIf(login_required, LOCKED)
def of_an_object():
    return "object"


@app.get("/closure")
@only_if(login_required, LOCKED)
def of_a_closure():
    return "closure"


@app.get("/always")
@OnlyIf(login_required, True)
def always():
    return "always"


@app.get("/never")
@only_if(login_required, False)
def never():
    return "never"
"""


def test_a_decorator_that_leaves_the_view_as_it_is_under_a_setting(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": CHOOSING})
    found = {row.path: (row.auth, row.condition) for row in routes(tmp_path)}
    assert found == {
        "/object": ("conditional", "LOCKED"),
        "/closure": ("conditional", "LOCKED"),
        "/always": ("required", ""),
        "/never": ("none", ""),
    }


BRANCHES = """
from flask import Flask, abort, redirect, request, url_for
from stored import session

app = Flask(__name__)
OPEN, OPEN_API = ["login"], ["api_login"]


@app.before_request
def check():
    session.refresh()
    if request.path.split("/")[1] == "api":
        if request.endpoint not in OPEN_API and not session.logged_in():
            abort(403)
    elif request.endpoint not in OPEN and not session.logged_in():
        return redirect(url_for("login"))
    session.seen = True
    return None


@app.get("/login")
def login():
    return "login"


@app.get("/account")
def account():
    return "account"


@app.get("/api/login")
def api_login():
    return "login"


@app.get("/api/account")
def api_account():
    return "account"
"""


def test_whoever_gets_past_a_branch_has_passed_its_test(tmp_path: Path) -> None:
    """What follows the branches is reached by those who are logged in, in each of them."""
    assert verdicts(tmp_path, main=BRANCHES) == {
        "GET /login": "none",
        "GET /account": "required",
        "GET /api/login": "none",
        "GET /api/account": "required",
    }


LENIENT = """
from flask import Flask, abort
from stored import token_of, valid

app = Flask(__name__)


@app.before_request
def check():
    token = token_of()
    if token is None:
        return None
    if not valid(token):
        abort(401)


@app.get("/orders")
def orders():
    return []
"""


def test_a_check_that_lets_pass_whoever_brings_nothing(tmp_path: Path) -> None:
    assert verdicts(tmp_path, main=LENIENT) == {"GET /orders": "optional"}
    strict = LENIENT.replace("        return None\n", "        abort(401)\n")
    assert verdicts(tmp_path / "strict", main=strict) == {"GET /orders": "required"}


def test_a_guard_is_conditional_on_what_its_rejections_need_first(tmp_path: Path) -> None:
    program = """
import os

from flask import Flask
from flask_login import LoginManager, current_user

app = Flask(__name__)
login_manager = LoginManager(app)


@app.before_request
def check():
    locked = os.getenv("LOCKED")
    if locked and not current_user.is_authenticated:
        if app.config.get("LOGIN_DISABLED"):
            return None
        return login_manager.unauthorized()


@app.get("/orders")
def orders():
    return {}
"""
    (row,) = routes(write(tmp_path, {"main.py": program}))
    assert (row.auth, row.condition) == ("conditional", "locked and not current_user.is_authenticated")
