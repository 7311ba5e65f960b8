"""What the frameworks make of a fix: a caller without credentials who got through before no longer does."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from fix.test_codemods import mended
from linting import write

FLASK = """
    from main import app
    app.secret_key = "k"
    print(app.test_client().open({path!r}, method={method!r}).status_code)
"""
FASTAPI = """
    from fastapi.testclient import TestClient
    from main import app
    print(TestClient(app, raise_server_exceptions=False).request({method!r}, {path!r}).status_code)
"""
DJANGO = """
    import django
    from django.conf import settings
    settings.configure(
        SECRET_KEY="k", ROOT_URLCONF="urls", ALLOWED_HOSTS=["*"], USE_TZ=True, LOGIN_URL="/login",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                    "django.contrib.auth.middleware.AuthenticationMiddleware"],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        REST_FRAMEWORK={{"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"]}},
    )
    django.setup()
    from django.test import Client
    print(getattr(Client(raise_request_exception=False), {method!r}.lower())({path!r}).status_code)
"""

CLASS_URLS = """
from django.urls import path

import views

urlpatterns = [path("o", views.Orders.as_view())]
"""

GUARD = """
from functools import wraps

from flask import Flask, abort, session

app = Flask(__name__)


def login_required(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if "user" not in session:
            abort(401)
        return view(*args, **kwargs)

    return wrapper
"""

CASES = [
    pytest.param(
        "APL103",
        {"main.py": GUARD + '\n@login_required\n@app.get("/backups")\ndef backups():\n    return "all of them"\n'},
        FLASK, "GET", "/backups", 200, 401, id="APL103 Flask",
    ),
    pytest.param(
        "APL103",
        {
            "main.py": """
from functools import wraps

from fastapi import FastAPI, HTTPException, Request

app = FastAPI()


def require_key(handler):
    @wraps(handler)
    async def wrapper(request: Request):
        if request.headers.get("x-key") != "k":
            raise HTTPException(status_code=401)
        return await handler(request)

    return wrapper


@require_key
@app.delete("/cache")
async def clear(request: Request):
    return {}
"""
        },
        FASTAPI, "DELETE", "/cache", 200, 401, id="APL103 FastAPI",
    ),
    pytest.param(
        "APL102",
        {
            "main.py": GUARD
            + "".join(
                f'\n@app.post("/{name}")\n@login_required\ndef {name}():\n    return ""\n' for name in ("a", "b", "c")
            )
            + '\n@app.delete("/a")\ndef remove():\n    store.clear()\n    return ""\n\nstore = {}\n'
        },
        FLASK, "DELETE", "/a", 200, 401, id="APL102 Flask",
    ),
    pytest.param(
        "APL114",
        {
            "main.py": """
from fastapi import FastAPI
from fastapi.security import OAuth2PasswordBearer

app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="token")


@app.get("/me")
def me(token=scheme):
    return {}
"""
        },
        FASTAPI, "GET", "/me", 200, 401, id="APL114 FastAPI",
    ),
    pytest.param(
        "APL101",
        {
            "main.py": """
from fastapi import Depends, FastAPI
from fastapi.security import OAuth2PasswordBearer

app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="token")


def account(token: str = Depends(scheme)):
    return token


@app.get("/items")
def items(user=Depends(account)):
    return []


@app.delete("/items")
def remove():
    store.clear()
    return {}


store: dict = {}
"""
        },
        FASTAPI, "DELETE", "/items", 200, 401, id="APL101 FastAPI",
    ),
    pytest.param(
        "APL109",
        {
            "urls.py": CLASS_URLS,
            "views.py": """
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import JsonResponse
from django.views import View


class Orders(View, LoginRequiredMixin):
    def get(self, request):
        return JsonResponse({})
""",
        },
        DJANGO, "GET", "/o", 200, 302, id="APL109 Django, mixin",
    ),
    pytest.param(
        "APL109",
        {
            "urls.py": CLASS_URLS,
            "views.py": """
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.views import View


class Orders(View):
    @login_required
    def get(self, request):
        return JsonResponse({})
""",
        },
        DJANGO, "GET", "/o", 500, 302, id="APL109 Django, method",
    ),
    pytest.param(
        "APL104",
        {
            "urls.py": "from django.urls import path\n\nimport views\n\nurlpatterns = [path('r', views.report)]\n",
            "views.py": """
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response


def timed(view):
    def wrapper(request):
        return view(request)

    return wrapper


@api_view(["GET"])
@timed
@permission_classes([IsAuthenticated])
def report(request):
    return Response({})
""",
        },
        DJANGO, "GET", "/r", 200, 401, id="APL104 DRF",
    ),
    pytest.param(
        "APL105",
        {
            "urls.py": """
from rest_framework.routers import SimpleRouter

import views

router = SimpleRouter(trailing_slash=False)
router.register("orders", views.Orders, basename="orders")
urlpatterns = router.urls
""",
            "views.py": """
from rest_framework.decorators import action, permission_classes
from rest_framework.permissions import IsAdminUser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet


class Orders(ViewSet):
    @action(detail=False, methods=["post"])
    @permission_classes([IsAdminUser])
    def refund(self, request):
        return Response({})
""",
        },
        DJANGO, "POST", "/orders/refund", 200, 401, id="APL105 DRF",
    ),
    pytest.param(
        "APL108",
        {
            "urls.py": CLASS_URLS,
            "views.py": """
from django.http import JsonResponse
from django.views import View
from rest_framework.permissions import IsAuthenticated


class Orders(View):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return JsonResponse({})
""",
        },
        DJANGO, "GET", "/o", 200, 302, id="APL108 Django",
    ),
    pytest.param(
        "APL119",
        {
            "main.py": """
from flask import Flask, abort, request, session

app = Flask(__name__)


@app.before_request
def authenticate():
    if request.path.startswith("/login"):
        return None
    if "user" not in session:
        abort(401)


@app.get("/login-attempts")
def attempts():
    return {}


@app.get("/orders")
def orders():
    return {}
"""
        },
        FLASK, "GET", "/login-attempts", 200, 401, id="APL119 Flask",
    ),
    pytest.param(
        "APL125",
        {
            "main.py": """
from fastapi import Depends, FastAPI, Header, HTTPException


def current_user(authorization: str = Header(default="")) -> None:
    if authorization != "Bearer secret-token":
        raise HTTPException(status_code=401)


app = FastAPI(dependencies=[Depends(current_user)])


@app.get("/orders")
def orders():
    return []


@app.post("/orders")
def create_order():
    return {}


@app.get("/users")
def users():
    return []
"""
        },
        FASTAPI, "GET", "/docs", 200, 404, id="APL125 FastAPI",
    ),
    pytest.param(
        "APL605",
        {
            "main.py": """
from fastapi import FastAPI
from sqlalchemy import column, select

app = FastAPI()


@app.get("/orders")
def orders(limit: int = 20):
    return str(select(column("id")).limit(limit))
"""
        },
        FASTAPI, "GET", "/orders?limit=1000000", 200, 422, id="APL605 FastAPI",
    ),
    pytest.param(
        "APL604",
        {
            "main.py": """
import functools

from flask import Flask, abort, request

app = Flask(__name__)
SEEN: dict[str, int] = {}


def rate_limit(times):
    def decorator(view):
        @functools.wraps(view)
        def wrapper(*args, **kwargs):
            SEEN[request.remote_addr] = SEEN.get(request.remote_addr, 0) + 1
            if SEEN[request.remote_addr] > times:
                abort(429)
            return view(*args, **kwargs)

        return wrapper

    return decorator


@rate_limit(2)
@app.post("/login")
def login():
    return {}
"""
        },
        """
    from main import app
    client = app.test_client()
    print([client.open({path!r}, method={method!r}).status_code for _ in range(3)][-1])
""",
        "POST", "/login", 200, 429, id="APL604 Flask",
    ),
    pytest.param(
        "APL601",
        {
            "main.py": """
from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
HASH = generate_password_hash("secret")


@app.post("/orders")
@limiter.limit("2/minute")
def order():
    return {}


@app.post("/login")
def login():
    if not check_password_hash(HASH, request.args.get("password", "")):
        return {"known": False}
    return {"known": True}
"""
        },
        """
    from main import app
    client = app.test_client()
    print([client.open({path!r}, method={method!r}).status_code for _ in range(3)][-1])
""",
        "POST", "/login", 200, 429, id="APL601 Flask",
    ),
    pytest.param(
        "APL111",
        {
            "main.py": """
import secrets

from fastapi import Depends, FastAPI, Header

app = FastAPI()


def verify_api_key(x_api_key: str = Header(default="")) -> bool:
    if not x_api_key:
        return False
    return secrets.compare_digest(x_api_key, "3f9d1c")


@app.post("/jobs", dependencies=[Depends(verify_api_key)])
def start_job():
    return {}
"""
        },
        FASTAPI, "POST", "/jobs", 200, 403, id="APL111 FastAPI",
    ),
    pytest.param(
        "APL801",
        {
            "main.py": """
import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer

app = FastAPI()
KEY = "k" * 32
bearer = OAuth2PasswordBearer(tokenUrl="token")


def current_user(token: str = Depends(bearer)) -> str:
    try:
        claims = jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_signature": False})
    except jwt.PyJWTError:
        raise HTTPException(status_code=401)
    return claims["sub"]


@app.get("/me")
def me(user: str = Depends(current_user)):
    return {"name": user}
"""
        },
        """
    import jwt
    from fastapi.testclient import TestClient
    from main import app
    forged = jwt.encode({{"sub": "ada"}}, "another key of thirty-two letters", algorithm="HS256")
    headers = {{"authorization": f"Bearer {{forged}}"}}
    print(TestClient(app).request({method!r}, {path!r}, headers=headers).status_code)
""",
        "GET", "/me", 200, 401, id="APL801 FastAPI",
    ),
]  # fmt: skip


def status(folder: Path, script: str, method: str, path: str) -> int:
    """What a caller without credentials is answered. Without byte code: a file that is mended within a second and keeps
    its size would be taken for the old one."""
    code = textwrap.dedent(script.format(method=method, path=path))
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


@pytest.mark.parametrize(("code", "files", "script", "method", "path", "before", "after"), CASES)
def test_who_gets_through(
    code: str, files: dict[str, str], script: str, method: str, path: str, before: int, after: int, tmp_path: Path
) -> None:
    write(tmp_path, files)
    assert status(tmp_path, script, method, path) == before
    result = mended(tmp_path, code)
    assert result.refused == ()
    for patch in result.patches:
        (tmp_path / patch.file).write_bytes(patch.after)
    assert result.patches
    assert status(tmp_path, script, method, path) == after


SAID = [
    pytest.param(
        "APL405",
        """
from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/login")
def login(response: Response):
    response.set_cookie("access_token", "t")
    return {}
""",
        "'Secure' in answer.headers['set-cookie'] and 'HttpOnly' in answer.headers['set-cookie']",
        id="APL405 Starlette",
    ),
    pytest.param(
        "APL308",
        """
from fastapi import FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()


@app.get("/login")
def login():
    try:
        return {"answer": 1 / 0}
    except Exception as error:
        return JSONResponse({"error": str(error)}, status_code=500)
""",
        "answer.status_code == 500 and 'zero' not in answer.text",
        id="APL308 FastAPI",
    ),
    pytest.param(
        "APL806",
        """
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)


@app.get("/login")
def login():
    return {}
""",
        "'access-control-allow-credentials' not in answer.headers",
        id="APL806 Starlette",
    ),
]


@pytest.mark.parametrize(("code", "text", "is_mended"), SAID)
def test_what_is_answered(code: str, text: str, is_mended: str, tmp_path: Path) -> None:
    """To a caller from a page of somebody else's."""
    script = f"""
    from fastapi.testclient import TestClient
    from main import app
    headers = {{{{"origin": "https://evil.example", "cookie": "a=b"}}}}
    answer = TestClient(app, raise_server_exceptions=False).request({{method!r}}, {{path!r}}, headers=headers)
    print(int({is_mended}))
"""
    write(tmp_path, {"main.py": text})
    assert status(tmp_path, script, "GET", "/login") == 0
    (patch,) = mended(tmp_path, code).patches
    (tmp_path / "main.py").write_bytes(patch.after)
    assert status(tmp_path, script, "GET", "/login") == 1


def test_sqlite_takes_the_parameters(tmp_path: Path) -> None:
    """The same rows for an honest caller, none for one who closes the quote."""
    text = """
import sqlite3

from flask import Flask, request

app = Flask(__name__)
connection = sqlite3.connect(":memory:", check_same_thread=False)
connection.execute("CREATE TABLE users (name TEXT, age INTEGER)")
connection.execute("INSERT INTO users VALUES ('ada', 36), ('bob', 20)")


@app.get("/users")
def users():
    cursor = sqlite3.connect("app.db").cursor() if request.args.get("x") else connection.cursor()
    cursor.execute(f"SELECT name FROM users WHERE name LIKE '%{request.args['name']}%' AND age > {request.args['age']}")
    return {"names": [row[0] for row in cursor.fetchall()]}
"""
    script = """
    from main import app
    print(len(app.test_client().get({path!r}, method={method!r}).json["names"]))
"""
    write(tmp_path, {"main.py": text})
    attack = "/users?age=0&name=%27%20OR%20%271%27=%271%27--"
    assert status(tmp_path, script, "GET", attack) == 2
    (patch,) = mended(tmp_path, "APL201").patches
    (tmp_path / "main.py").write_bytes(patch.after)
    assert status(tmp_path, script, "GET", attack) == 0
    assert status(tmp_path, script, "GET", "/users?age=0&name=d") == 1


@pytest.mark.parametrize(
    ("code", "line", "before", "after"),
    [
        ("APL506", 'logger.warning(f"login of {name} failed")', "x\nlogin of admin", "'x\\nlogin of admin'"),
        ("APL506", 'logger.warning("login of %s failed", name)', "x\nlogin of admin", "'x\\nlogin of admin'"),
        ("APL505", 'logger.warning("%s with %s failed", name, request.form["password"])', "with s3cret", "[redacted]"),
    ],
)
def test_what_stands_in_the_log(code: str, line: str, before: str, after: str, tmp_path: Path) -> None:
    text = f"""
import logging

from flask import Flask, request

app = Flask(__name__)
logger = logging.getLogger(__name__)


@app.post("/login")
def log_in():
    name = request.form["name"]
    {line}
    return {{}}, 401
"""
    script = f"""
    import io, logging
    from main import app
    log = io.StringIO()
    logging.basicConfig(stream=log)
    sent = {{{{"name": "x\\nlogin of admin", "password": "s3cret"}}}}
    app.test_client().open({{path!r}}, method={{method!r}}, data=sent)
    print({before!r} in log.getvalue(), int({after!r} in log.getvalue()))
"""
    write(tmp_path, {"main.py": text})
    assert status(tmp_path, script, "POST", "/login") == 0
    (patch,) = mended(tmp_path, code).patches
    (tmp_path / "main.py").write_bytes(patch.after)
    assert status(tmp_path, script, "POST", "/login") == 1
