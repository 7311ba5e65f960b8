"""The mistakes that people repeat, each as a minimal program: what a stranger is answered, and what apilint says.

`answers` are the statuses of anonymous calls by route; a route that is not there is not served. A websocket that was
opened and answered has status 0, one that was closed before it was accepted the negated code. Where versions differ,
there is one `answers` for each. `finds` are the rules that must speak up, `silent` those that must not.

Each program stands for a row of the table of framework pitfalls that the rules go back to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# What the tests' own interpreter has is called `installed`; the others are made from these requirements.
ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "fastapi-0.136.3": ("fastapi==0.136.3", "httpx<1", "python-multipart", "tomli"),
    "fastapi-0.137.0": ("fastapi==0.137.0", "httpx<1", "python-multipart", "tomli"),
    "drf-3.16.1": ("djangorestframework==3.16.1", "django==5.2.8", "tomli"),
    "drf-3.17.0": ("djangorestframework==3.17.0", "django==5.2.8", "tomli"),
}
INSTALLED = "installed"


@dataclass(frozen=True)
class Case:
    """One program. `raises` is the exception with which it does not even start."""

    name: str
    framework: str
    code: str
    answers: Mapping[str, int] = field(default_factory=dict)
    finds: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    environment: str = INSTALLED
    raises: str = ""
    settings: str = ""
    verdicts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} [{self.environment}]"


FASTAPI = """\
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Security, WebSocket
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer, SecurityScopes
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel


def require_key(x_key: str = Header("")):
    if x_key != "s3cret":
        raise HTTPException(401)


"""

FLASK = """\
from functools import wraps

from flask import Blueprint, Flask, abort, session


def login_required(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if "user" not in session:
            abort(401)
        return view(*args, **kwargs)

    return wrapper


app = Flask(__name__)
app.secret_key = "s3cret"


"""

DJANGO = """\
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import User
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework import serializers, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView


"""

SETTINGS = """\
SECRET_KEY = "s3cret"
ROOT_URLCONF = "urls"
LOGIN_URL = "/login/"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "rest_framework"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
CLOSED = 'REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}\n'

COPIED = """\
app = FastAPI()
router = APIRouter()
below = FastAPI()


@below.get("/")
def page():
    return {}


@router.get("/early")
def early():
    return {}


router.mount("/below", below)
app.include_router(router, dependencies=[Depends(require_key)])


@router.get("/late")
def late():
    return {}
"""

SOCKETS = """\
router = APIRouter(dependencies=[Depends(require_key)])


@router.websocket("/guarded")
async def guarded(socket: WebSocket):
    await socket.accept()
    await socket.send_text("in")


app = FastAPI()
app.include_router(router)


@app.websocket("/open")
async def open_(socket: WebSocket):
    await socket.accept()
    await socket.send_text("in")
"""

ORDER = """\
@permission_classes([IsAuthenticated])
@api_view(["GET"])
def above(request):
    return Response({})


@api_view(["GET"])
@permission_classes([IsAuthenticated])
def below(request):
    return Response({})


urlpatterns = [path("above/", above), path("below/", below)]
"""

CASES = (
    # --------------------------------------------------------------------------------- decorators in the wrong place
    Case(
        "a guard above the route decorator: Flask",
        "flask",
        FLASK
        + """\
@login_required
@app.get("/above")
def above():
    return "in"


@app.get("/below")
@login_required
def below():
    return "in"


@app.get("/between")
@login_required
@app.get("/inner", endpoint="inner")
def between():
    return "in"
""",
        {"GET /above": 200, "GET /below": 401, "GET /between": 401, "GET /inner": 200},
        finds=("APL103",),
    ),
    Case(
        "a guard above the route decorator: FastAPI",
        "fastapi",
        FASTAPI
        + """\
from functools import wraps


def keyed(handler):
    @wraps(handler)
    def wrapper(request: Request):
        if request.headers.get("x-key") != "s3cret":
            raise HTTPException(401)
        return handler(request)

    return wrapper


app = FastAPI()


@keyed
@app.get("/above")
def above(request: Request):
    return "in"


@app.get("/below")
@keyed
def below(request: Request):
    return "in"
""",
        {"GET /above": 200, "GET /below": 401},
        finds=("APL103",),
    ),
    Case(
        "permission_classes above api_view is ignored",
        "drf",
        DJANGO + ORDER,
        {"GET /above/": 200, "GET /below/": 403},
        finds=("APL104",),
        environment="drf-3.16.1",
    ),
    Case(
        "permission_classes above api_view is refused",
        "drf",
        DJANGO + ORDER,
        finds=("APL104",),
        environment="drf-3.17.0",
        raises="TypeError",
    ),
    Case(
        "another decorator between api_view and its policies",
        "drf",
        DJANGO
        + """\
def timed(view):
    def wrapper(request):
        return view(request)

    return wrapper


@api_view(["GET"])
@timed
@permission_classes([IsAuthenticated])
def hidden(request):
    return Response({})


urlpatterns = [path("hidden/", hidden)]
""",
        {"GET /hidden/": 200},
        finds=("APL104",),
    ),
    Case(
        "permission_classes on a method of a viewset",
        "drf",
        DJANGO
        + """\
class Things(viewsets.ViewSet):
    @permission_classes([IsAuthenticated])
    def list(self, request):
        return Response([])

    @action(detail=False)
    @permission_classes([IsAuthenticated])
    def special(self, request):
        return Response([])

    @action(detail=False, permission_classes=[IsAuthenticated])
    def right(self, request):
        return Response([])


router = SimpleRouter()
router.register("things", Things, "thing")
urlpatterns = router.urls
""",
        {"GET /things/$": 200, "GET /things/special/$": 200, "GET /things/right/$": 403},
        finds=("APL105",),
    ),
    Case(
        "get_permissions counts for more than an action's permission_classes",
        "drf",
        DJANGO
        + """\
class Things(viewsets.ViewSet):
    def get_permissions(self):
        return [AllowAny()]

    @action(detail=False, permission_classes=[IsAuthenticated])
    def special(self, request):
        return Response([])


class Others(viewsets.ViewSet):
    def get_permissions(self):
        if self.action == "list":
            return [AllowAny()]
        return super().get_permissions()

    def list(self, request):
        return Response([])

    @action(detail=False, permission_classes=[IsAuthenticated])
    def special(self, request):
        return Response([])


router = SimpleRouter()
router.register("things", Things, "thing")
router.register("others", Others, "other")
urlpatterns = router.urls
""",
        {"GET /things/special/$": 200, "GET /others/$": 200, "GET /others/special/$": 403},
    ),
    Case(
        "permission_classes on a plain view",
        "drf",
        DJANGO
        + """\
class Plain(View):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return HttpResponse("in")


class Api(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({})


@permission_classes([IsAuthenticated])
def function(request):
    return HttpResponse("in")


urlpatterns = [path("plain/", Plain.as_view()), path("api/", Api.as_view()), path("function/", function)]
""",
        {"GET /plain/": 200, "GET /api/": 403, "ANY /function/": 200},
        finds=("APL105", "APL108"),
    ),
    Case(
        "without a default every caller is let in",
        "drf",
        DJANGO
        + """\
class Default(APIView):
    def get(self, request):
        return Response({})


urlpatterns = [path("default/", Default.as_view())]
""",
        {"GET /default/": 200},
        finds=("APL106",),
    ),
    Case(
        "with a default every caller is asked",
        "drf",
        DJANGO
        + """\
class Default(APIView):
    def get(self, request):
        return Response({})


class Payments(APIView):
    permission_classes = []

    def post(self, request):
        return Response({})


urlpatterns = [path("default/", Default.as_view()), path("payments/", Payments.as_view())]
""",
        {"GET /default/": 403, "POST /payments/": 200},
        finds=("APL107",),
        silent=("APL106",),
        settings=CLOSED,
    ),
    # --------------------------------------------------------------------------------------------- views of Django
    Case(
        "a mixin behind the view that it should guard",
        "django",
        DJANGO
        + """\
class Behind(View, LoginRequiredMixin):
    def get(self, request):
        return HttpResponse("in")


class Before(LoginRequiredMixin, View):
    def get(self, request):
        return HttpResponse("in")


urlpatterns = [path("behind/", Behind.as_view()), path("before/", Before.as_view())]
""",
        {"GET /behind/": 200, "GET /before/": 302},
        finds=("APL109",),
    ),
    Case(
        "login_required on the method of a class",
        "django",
        DJANGO
        + """\
class Direct(View):
    @login_required
    def get(self, request):
        return HttpResponse("in")


class Wrapped(View):
    @method_decorator(login_required)
    def get(self, request):
        return HttpResponse("in")


urlpatterns = [path("direct/", Direct.as_view()), path("wrapped/", Wrapped.as_view())]
""",
        {"GET /direct/": 500, "GET /wrapped/": 302},
        finds=("APL109",),
        verdicts={"GET /direct/": "required"},
    ),
    Case(
        "LoginRequiredMiddleware does not cover DRF",
        "drf",
        DJANGO
        + """\
def plain(request):
    return HttpResponse("in")


@api_view(["GET"])
def api(request):
    return Response({})


class Api(APIView):
    def get(self, request):
        return Response({})


urlpatterns = [path("plain/", plain), path("api/", api), path("class/", Api.as_view())]
""",
        {"ANY /plain/": 302, "GET /api/": 200, "GET /class/": 200},
        finds=("APL120",),
        settings='MIDDLEWARE += ["django.contrib.auth.middleware.LoginRequiredMiddleware"]\n',
    ),
    Case(
        "without LoginRequiredMiddleware a plain view is open",
        "django",
        DJANGO
        + """\
def plain(request):
    return HttpResponse("in")


urlpatterns = [path("plain/", plain)]
""",
        {"ANY /plain/": 200},
    ),
    # ------------------------------------------------------------------------------------------ routers and mounts
    Case(
        "a mounted application inherits no dependencies, nor does add_route",
        "fastapi",
        FASTAPI
        + """\
app = FastAPI(dependencies=[Depends(require_key)])
below = FastAPI()


@below.get("/page")
def page():
    return {}


@app.get("/own")
def own():
    return {}


def plain(request: Request):
    return PlainTextResponse("in")


app.add_route("/plain", plain)
app.mount("/below", below)
""",
        {"GET /own": 401, "GET /below/page": 200, "GET /plain": 200},
        finds=("APL116",),
    ),
    Case(
        "an included router is copied",
        "fastapi",
        FASTAPI + COPIED,
        {"GET /early": 401},
        environment="fastapi-0.136.3",
    ),
    Case(
        "an included router is asked, and its mounts are not guarded",
        "fastapi",
        FASTAPI + COPIED,
        {"GET /early": 401, "GET /late": 401, "GET /below/": 200},
        finds=("APL116",),
        environment="fastapi-0.137.0",
    ),
    Case(
        "an included router of today",
        "fastapi",
        FASTAPI + COPIED,
        {"GET /early": 401, "GET /late": 401, "GET /below/": 200},
        finds=("APL116",),
    ),
    # -------------------------------------------------------------------------------------------------- websockets
    Case(
        "dependencies run for websockets: before 0.137",
        "fastapi",
        FASTAPI + SOCKETS,
        {"WEBSOCKET /guarded": -401, "WEBSOCKET /open": 0},
        finds=("APL118",),
        environment="fastapi-0.136.3",
    ),
    Case(
        "dependencies run for websockets",
        "fastapi",
        FASTAPI + SOCKETS,
        {"WEBSOCKET /guarded": -401, "WEBSOCKET /open": 0},
        finds=("APL118",),
    ),
    Case(
        "HTTP middleware does not run for websockets",
        "fastapi",
        FASTAPI
        + """\
from starlette.middleware.base import BaseHTTPMiddleware


class Keys(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.headers.get("x-key") != "s3cret":
            return PlainTextResponse("who are you?", status_code=401)
        return await call_next(request)


app = FastAPI()
app.add_middleware(Keys)


@app.get("/page")
def page():
    return {}


@app.websocket("/socket")
async def socket(socket: WebSocket):
    await socket.accept()
    await socket.send_text("in")
""",
        {"GET /page": 401, "WEBSOCKET /socket": 0},
        finds=("APL117",),
    ),
    Case(
        "a middleware function does not run for websockets",
        "fastapi",
        FASTAPI
        + """\
app = FastAPI()


@app.middleware("http")
async def keys(request: Request, call_next):
    if request.headers.get("x-key") != "s3cret":
        return PlainTextResponse("who are you?", status_code=401)
    return await call_next(request)


@app.get("/page")
def page():
    return {}


@app.websocket("/socket")
async def socket(socket: WebSocket):
    await socket.accept()
    await socket.send_text("in")
""",
        {"GET /page": 401, "WEBSOCKET /socket": 0},
        finds=("APL117",),
    ),
    # ------------------------------------------------------------------------------------------------ exempt paths
    Case(
        "exemptions by a path's beginning, end and middle: FastAPI",
        "fastapi",
        FASTAPI
        + """\
app = FastAPI()


@app.middleware("http")
async def keys(request: Request, call_next):
    path = request.url.path
    exempt = path.startswith("/public") or path.endswith(".json") or "login" in path
    if not exempt and request.headers.get("x-key") != "s3cret":
        return PlainTextResponse("who are you?", status_code=401)
    return await call_next(request)


@app.get("/public/page")
@app.get("/public-reports")
@app.get("/users.json")
@app.get("/users/login-as")
@app.get("/users")
def page():
    return {}
""",
        {
            "GET /public/page": 200,
            "GET /public-reports": 200,
            "GET /users.json": 200,
            "GET /users/login-as": 200,
            "GET /users": 401,
        },
    ),
    Case(
        "exemptions by a part of the endpoint's name: Flask",
        "flask",
        FLASK
        + """\
from flask import request


@app.before_request
def check():
    if "login" in request.endpoint or request.path.startswith("/static"):
        return None
    if "user" not in session:
        abort(401)


@app.get("/login")
def login():
    return "in"


@app.get("/everybodys-logins")
def list_logins():
    return "in"


@app.get("/statistics")
def statistics():
    return "in"


@app.get("/users")
def users():
    return "in"
""",
        {"GET /login": 200, "GET /everybodys-logins": 200, "GET /statistics": 401, "GET /users": 401},
        finds=("APL119",),
    ),
    # -------------------------------------------------------------------------------------- guards that guard nothing
    Case(
        "a scheme alone asks for a token, and takes any",
        "fastapi",
        FASTAPI
        + """\
app = FastAPI()
bearer = HTTPBearer()


@app.get("/bearer")
def page(token=Depends(bearer)):
    return {}


@app.get("/password")
def other(token: str = Depends(OAuth2PasswordBearer(tokenUrl="token"))):
    return {}
""",
        {"GET /bearer": 401, "GET /password": 401},
        finds=("APL112",),
    ),
    Case(
        "auto_error=False and nobody looks",
        "fastapi",
        FASTAPI
        + """\
app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="token", auto_error=False)


@app.get("/unchecked")
def unchecked(token=Depends(scheme)):
    return {"token": token}


@app.get("/checked")
def checked(token=Depends(scheme)):
    if token is None:
        raise HTTPException(401)
    return {}
""",
        {"GET /unchecked": 200, "GET /checked": 401},
        finds=("APL113",),
    ),
    Case(
        "a scheme without Depends",
        "fastapi",
        FASTAPI
        + """\
app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="token")


@app.get("/forgotten")
def forgotten(token=scheme):
    return {}


@app.get("/right")
def right(token=Depends(scheme)):
    return {}
""",
        {"GET /forgotten": 200, "GET /right": 401},
        finds=("APL114",),
    ),
    Case(
        "a dependency that is called: it gives no function",
        "fastapi",
        FASTAPI
        + """\
def get_user():
    return {"name": "somebody"}


app = FastAPI()


@app.get("/called")
def called(user=Depends(get_user())):
    return {}
""",
        finds=("APL114",),
        raises="TypeError",
    ),
    Case(
        "a dependency that is called: it makes one",
        "fastapi",
        FASTAPI
        + """\
def with_role(role: str):
    def check(x_role: str = Header("")):
        if x_role != role:
            raise HTTPException(403)

    return check


app = FastAPI()


@app.get("/called")
def called(user=Depends(with_role("admin"))):
    return {}
""",
        {"GET /called": 403},
        silent=("APL114",),
    ),
    Case(
        "a guard that says no, and is not heard",
        "fastapi",
        FASTAPI
        + """\
def is_admin(x_key: str = Header("")) -> bool:
    return x_key == "s3cret"


app = FastAPI()


@app.get("/ignored", dependencies=[Depends(is_admin)])
def ignored():
    return {}


@app.get("/heard")
def heard(admin: bool = Depends(is_admin)):
    if not admin:
        raise HTTPException(403)
    return {}
""",
        {"GET /ignored": 200, "GET /heard": 403},
        finds=("APL111",),
    ),
    Case(
        "scopes that nobody compares",
        "fastapi",
        FASTAPI
        + """\
def user(x_key: str = Header("")):
    return x_key or "nobody"


def scoped(scopes: SecurityScopes, x_key: str = Header("")):
    if scopes.scopes and x_key != "s3cret":
        raise HTTPException(401)


app = FastAPI()


@app.get("/unread", dependencies=[Security(user, scopes=["admin"])])
def unread():
    return {}


@app.get("/read", dependencies=[Security(scoped, scopes=["admin"])])
def read():
    return {}
""",
        {"GET /unread": 200, "GET /read": 401},
        finds=("APL115",),
    ),
    Case(
        "a guard that is used on one route only",
        "fastapi",
        FASTAPI
        + """\
app = FastAPI()


@app.get("/one", dependencies=[Depends(require_key)])
def one():
    return {}


@app.delete("/two")
def two():
    return {}
""",
        {"GET /one": 401, "DELETE /two": 200},
        finds=("APL101",),
    ),
    Case(
        "a guard that only looks like one",
        "flask",
        FLASK
        + """\
def token_required(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        token = session.get("token")
        return view(*args, **kwargs)

    return wrapper


@app.get("/fake")
@token_required
def fake():
    return "in"


@app.delete("/fake")
@token_required
def delete():
    return "in"


@app.get("/real")
@login_required
def real():
    return "in"
""",
        {"GET /fake": 200, "DELETE /fake": 200, "GET /real": 401},
        finds=("APL110",),
    ),
    Case(
        "a guard that opens when its secret is not set",
        "fastapi",
        FASTAPI
        + """\
import os

API_KEY = os.environ.get("SHOP_API_KEY", "")


def check(x_key: str = Header("")):
    if not API_KEY:
        return
    if x_key != API_KEY:
        raise HTTPException(401)


app = FastAPI()


@app.get("/open", dependencies=[Depends(check)])
def page():
    return {}
""",
        {"GET /open": 200},
        finds=("APL121",),
        verdicts={"GET /open": "conditional"},
    ),
    Case(
        "a guard that opens on any exception",
        "flask",
        FLASK
        + """\
from flask import request


def decode(token):
    if token != "s3cret":
        raise ValueError(token)
    return token


def checked(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        try:
            decode(request.headers["x-token"])
        except Exception:
            pass
        return view(*args, **kwargs)

    return wrapper


@app.get("/open")
@checked
def page():
    return "in"
""",
        {"GET /open": 200},
    ),
    # -------------------------------------------------------------------------------------------- hooks of Flask
    Case(
        "before_request of a blueprint, of what is nested in it, and of all",
        "flask",
        FLASK
        + """\
def check():
    if "user" not in session:
        abort(401)


guarded = Blueprint("guarded", __name__, url_prefix="/guarded")
nested = Blueprint("nested", __name__, url_prefix="/nested")
sibling = Blueprint("sibling", __name__, url_prefix="/sibling")
guarded.before_request(check)


@guarded.get("/page")
@nested.get("/page")
@sibling.get("/page")
def page():
    return "in"


guarded.register_blueprint(nested)
app.register_blueprint(guarded)
app.register_blueprint(sibling)
""",
        {"GET /guarded/page": 401, "GET /guarded/nested/page": 401, "GET /sibling/page": 200},
    ),
    Case(
        "before_app_request of a blueprint covers all",
        "flask",
        FLASK
        + """\
one = Blueprint("one", __name__, url_prefix="/one")


@one.before_app_request
def check():
    if "user" not in session:
        abort(401)


@one.get("/page")
@app.get("/page")
def page():
    return "in"


app.register_blueprint(one)
""",
        {"GET /one/page": 401, "GET /page": 401},
    ),
    Case(
        "Flask-Login lets OPTIONS through",
        "flask",
        """\
from flask import Flask
from flask_login import LoginManager, login_required

app = Flask(__name__)
app.secret_key = "s3cret"
manager = LoginManager(app)


@manager.user_loader
def load(name):
    return None


@app.route("/page", methods=["GET", "OPTIONS"])
@login_required
def page():
    return "in"
""",
        {"GET /page": 401, "OPTIONS /page": 200},
    ),
    Case(
        "Flask-Login can be switched off",
        "flask",
        """\
from flask import Flask
from flask_login import LoginManager, login_required

app = Flask(__name__)
app.secret_key = "s3cret"
app.config["LOGIN_DISABLED"] = True
manager = LoginManager(app)


@manager.user_loader
def load(name):
    return None


@app.get("/page")
@login_required
def page():
    return "in"
""",
        {"GET /page": 200},
    ),
    Case(
        "a limiter above the route decorator",
        "fastapi",
        FASTAPI
        + """\
from functools import wraps

calls = []


def limited(handler):
    @wraps(handler)
    def wrapper(request: Request):
        calls.append(request)
        raise HTTPException(429)

    return wrapper


app = FastAPI()


@limited
@app.get("/above")
def above(request: Request):
    return {}
""",
        {"GET /above": 200},
    ),
    # ------------------------------------------------------------------------------------------- what goes out
    Case(
        "all fields of a user",
        "drf",
        DJANGO
        + """\
class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = "__all__"


class ExcludingSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        exclude = ["email"]


class Users(viewsets.ReadOnlyModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


class Excluding(Users):
    serializer_class = ExcludingSerializer


router = SimpleRouter()
router.register("users", Users)
router.register("excluding", Excluding, "excluding")
urlpatterns = router.urls
""",
        {
            "GET /users/$": 403,
            "GET /users/(?P<pk>[^/.]+)/$": 403,
            "GET /excluding/$": 403,
            "GET /excluding/(?P<pk>[^/.]+)/$": 403,
        },
        finds=("APL301", "APL302"),
        settings=CLOSED,
    ),
    Case(
        "what a response model filters, and what goes around it",
        "fastapi",
        FASTAPI
        + """\
class Stored(BaseModel):
    name: str = "somebody"
    password_hash: str = "x"


class Out(BaseModel):
    name: str


class Wide(BaseModel, extra="allow"):
    name: str


app = FastAPI()


@app.get("/annotated")
def annotated() -> Out:
    return Stored()


@app.get("/modelled", response_model=Out)
def modelled():
    return Stored()


@app.get("/response", response_model=Out)
def response():
    return JSONResponse(Stored().model_dump())


@app.get("/wide", response_model=Wide)
def wide():
    return Stored()


@app.get("/stored")
def stored() -> Stored:
    return Stored()
""",
        {"GET /annotated": 200, "GET /modelled": 200, "GET /response": 200, "GET /wide": 200, "GET /stored": 200},
        finds=("APL304", "APL305"),
    ),
    Case(
        "any origin, with credentials",
        "fastapi",
        FASTAPI
        + """\
from starlette.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)


@app.get("/page", dependencies=[Depends(require_key)])
def page():
    return {}


@app.get("/open")
def open_():
    return {}
""",
        {"GET /page": 401, "GET /open": 200},
    ),
    Case(
        "a key that is compared letter by letter",
        "fastapi",
        FASTAPI
        + """\
import secrets

app = FastAPI()


def check(x_key: str = Header("")):
    if not secrets.compare_digest(x_key, "s3cret"):
        raise HTTPException(401)


@app.get("/equal", dependencies=[Depends(require_key)])
def equal():
    return {}


@app.get("/digest", dependencies=[Depends(check)])
def digest():
    return {}
""",
        {"GET /equal": 401, "GET /digest": 401},
    ),
)
