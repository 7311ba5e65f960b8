"""CKAN: Flask; blueprints, class views and plugins, each action behind an authorization function."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from benchmarks.parity import postgres
from benchmarks.parity.application import Application, Cause

NAME = "parity"
DECLARED = "the first part of the path is the default of a declared option, which stands in a YAML file"
DATA_FIRST = "the call fails on its missing data before the action asks whether the caller is allowed to"
PLUGIN_ACTION = "the action is a plugin's, which an entry point of another distribution would name"
APPLICATION = Application(
    requirement="ckan[requirements]==2.12.0",
    framework="flask",
    packages=("ckan", "ckanext"),
    values={"id": NAME},
    causes=(
        Cause("path", "GET /webassets/*", DECLARED),
        Cause("verdict", "POST /user/sysadmin", DATA_FIRST),
        Cause("unknown", "POST /dataset/<id>/delete-datastore/*", PLUGIN_ACTION),
    ),
)
PLUGINS = (
    "activity audio_view datastore datapusher datatables_view expire_api_token image_view resource_proxy stats "
    "tabledesigner text_view tracking video_view webpage_view"
)
MIGRATED = ("activity", "tracking")
READER = "reader"  # the data store asks for a role that may only read
CONFIGURATION = """
[app:main]
use = egg:ckan
ckan.site_id = parity
ckan.site_url = http://localhost
ckan.plugins = {plugins}
ckan.storage_path = {scratch}
solr_url = {solr}
sqlalchemy.url = {server}/ckan
ckan.datastore.write_url = {server}/datastore
ckan.datastore.read_url = {reader}/datastore
SECRET_KEY = {secret}
beaker.session.secret = {secret}
api_token.jwt.encode.secret = string:{secret}
api_token.jwt.decode.secret = string:{secret}
ckan.datapusher.url = http://127.0.0.1:9
ckan.datapusher.api_token = none
ckan.search.solr_commit = false
"""


def start(scratch: Path) -> Any:
    """The application of `ckan run` with every plugin that is shipped for use, and an empty database."""
    server = postgres.serve("ckan", "datastore")
    _add_role(f"{server}/datastore", READER)
    file = scratch / "ckan.ini"
    reader = server.replace("postgres@", f"{READER}@")
    text = CONFIGURATION.format(
        scratch=scratch, plugins=PLUGINS, server=server, reader=reader, solr=_search_server(), secret="p" * 42
    )
    file.write_text(text, encoding="utf-8")
    from ckan.cli import load_config
    from ckan.config.middleware import make_app

    app = make_app(load_config(str(file)))
    from ckan import model
    from ckan.cli.db import _run_migrations as run_migrations

    model.repo.init_db()
    for plugin in MIGRATED:
        run_migrations(plugin)
    with app._wsgi_app.test_request_context():
        _fill()
    return app


def _fill() -> None:
    """A user, a group and a dataset, so that what judges a caller by the object has an object."""
    from ckan.logic import get_action

    context = {"ignore_auth": True}
    owner = get_action("user_create")(
        {**context}, {"name": NAME, "email": "owner@example.org", "password": "correct horse battery"}
    )
    context["user"] = owner["name"]
    get_action("group_create")({**context}, {"name": NAME})
    organization = get_action("organization_create")({**context}, {"name": f"{NAME}-organization"})
    dataset = {"name": NAME, "owner_org": organization["id"], "resources": [{"url": "http://localhost/data.csv"}]}
    get_action("package_create")({**context}, dataset)


class Nothing(BaseHTTPRequestHandler):
    """A search engine that never finds anything."""

    def do_GET(self) -> None:
        """Answer a query, or say which schema is in use."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = {"responseHeader": {"status": 0}, "response": {"numFound": 0, "start": 0, "docs": []}}
        answer = '<schema name="ckan-2.12"/>' if "schema" in self.path else json.dumps(found)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer.encode())

    def do_POST(self) -> None:
        """Take documents, and forget them."""
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def _search_server() -> str:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/solr"


def _add_role(database: str, role: str) -> None:
    import psycopg2

    connection = psycopg2.connect(database)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN")
    connection.close()
