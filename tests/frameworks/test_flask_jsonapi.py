"""Flask-REST-JSONAPI: the table is the one that version 0.30.1 gave for this program, asked for its URL map and called
without credentials."""

from __future__ import annotations

from pathlib import Path

from linting import routes, write

MAIN = """
from functools import wraps

from flask import Blueprint, Flask, abort, request
from flask_rest_jsonapi import Api, ResourceDetail, ResourceList, ResourceRelationship
from flask_rest_jsonapi.exceptions import AccessDenied

app = Flask(__name__)
v1 = Blueprint("v1", __name__, url_prefix="/v1")
api = Api(blueprint=v1)
late = Api()


def permit(view, view_args, view_kwargs, *args, **kwargs):
    if not request.headers.get("Authorization"):
        raise AccessDenied({"source": ""}, "Access denied")


def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if not request.headers.get("Authorization"):
            abort(401)
        return view(*args, **kwargs)
    return inner


class Answers(ResourceList):
    def get(self, *args, **kwargs):
        return {}

    def post(self, *args, **kwargs):
        return {}


class Events(ResourceList):
    pass


class Event(ResourceDetail):
    methods = ["GET", "PATCH"]


class Owner(ResourceRelationship):
    pass


class Secret(Answers):
    decorators = (signed_in,)


class NotSecret(Secret):
    pass


class Permitted(Answers):
    decorators = (api.has_permission("is_admin"),)


api.route(Events, "events", "/events")
api.route(Event, "event", "/events/<int:id>", "/tickets/<int:ticket_id>/event")
api.route(Owner, "owner", "/events/<int:id>/owner")
api.route(Secret, "secret", "/secret")
api.route(NotSecret, "not_secret", "/not_secret")
api.route(Permitted, "permitted", "/permitted")
late.route(Answers, "answers", "/answers")
app.register_blueprint(v1)
late.init_app(app)
"""
OF_SOME = "api.permission_manager(permit, with_decorators=False)\n"
OF_ALL = "late.permission_manager(permit)\n"


def table(folder: Path, main: str) -> dict[str, tuple[list[str], set[str]]]:
    found: dict[str, tuple[list[str], set[str]]] = {}
    for row in routes(write(folder, {"main.py": main})):
        methods, auth = found.get(row.path, ([], set()))
        found[row.path] = (sorted([*methods, *row.methods]), {*auth, row.auth})
    return found


def test_resources_answer_as_the_library_does(tmp_path: Path) -> None:
    assert table(tmp_path, MAIN + OF_SOME) == {
        "/answers": (["GET", "POST"], {"none"}),
        "/v1/events": (["GET", "POST"], {"none"}),
        "/v1/events/<int:id>": (["GET", "PATCH"], {"none"}),
        "/v1/tickets/<int:ticket_id>/event": (["GET", "PATCH"], {"none"}),
        "/v1/events/<int:id>/owner": (["DELETE", "GET", "PATCH", "POST"], {"none"}),
        "/v1/secret": (["GET", "POST"], {"required"}),
        "/v1/not_secret": (["GET", "POST"], {"none"}),
        "/v1/permitted": (["GET", "POST"], {"required"}),
    }


def test_a_permission_manager_is_asked_for_every_resource_before_it(tmp_path: Path) -> None:
    assert table(tmp_path, MAIN + OF_ALL)["/answers"] == (["GET", "POST"], {"required"})


def test_without_a_permission_manager_nobody_knows_who_is_permitted(tmp_path: Path) -> None:
    assert table(tmp_path, MAIN)["/v1/permitted"] == (["GET", "POST"], {"unknown"})
