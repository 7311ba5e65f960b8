"""Connexion: what OpenAPI documents say is what the library serves. The tables are those that Connexion 2.14.2 and
3.3.0 gave for this program, asked for their URL maps and called without credentials."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apilint.config import Config
from apilint.pipeline import Options, survey
from linting import routes, write

MAIN = """
import connexion
from connexion.resolver import RestyResolver
from flask import abort, request

app = connexion.FlaskApp(__name__, specification_dir="spec/")
app.add_api("zoo.yaml", resolver=RestyResolver("api.controllers"))
app.add_api("old.json", base_path="/old")

@app.app.route("/plain")
def plain():
    return "plain"

@app.app.before_request
def locked():
    if request.path.startswith("/old/locked") and not request.headers.get("Authorization"):
        abort(401)
"""
ANIMALS = """
def search():
    return []

def post():
    return {}, 201

def get(animal_id):
    return {"id": animal_id}

def delete(animal_id):
    return "", 204
"""
VISITS = """
from flask import request

def ticket(day):
    return {"day": day}

def report():
    if not request.headers.get("X-Keeper"):
        return {"error": "who are you"}, 401
    return []

def plan():
    return []

def photo(name):
    return name

def locked():
    return ""
"""
ZOO = """
openapi: 3.0.3
info: {title: Zoo, version: "1"}
servers:
  - url: /zoo/v1
security:
  - keeper: []
components:
  parameters:
    animal: {name: animal-id, in: path, required: true, schema: {type: integer}}
  securitySchemes:
    keeper: {type: http, scheme: bearer, x-bearerInfoFunc: api.keys.token}
    nobody: {type: http, scheme: bearer}
    key: {type: apiKey, in: header, name: X-Key, x-apikeyInfoFunc: api.keys.key}
paths:
  /animals:
    get:
      security: []
      responses: {"200": {description: all}}
    post:
      responses: {"201": {description: made}}
  /animals/{animal-id}:
    parameters:
      - $ref: "#/components/parameters/animal"
    get:
      security: [{}, {key: []}]
      responses: {"200": {description: one}}
    delete:
      security: [{nobody: []}]
      responses: {"204": {description: gone}}
  /visits/{day}:
    get:
      operationId: api.visits.ticket
      parameters:
        - {name: day, in: path, required: true, schema: {type: string}}
      responses: {"200": {description: a ticket}}
  /report:
    get:
      security: []
      operationId: report
      x-openapi-router-controller: api.visits
      responses: {"200": {description: a report}}
  /photos/{name}:
    get:
      security: []
      operationId: api.visits.photo
      parameters:
        - {name: name, in: path, required: true, schema: {type: string, format: path}}
      responses: {"200": {description: a photo}}
"""


def _old(name: str) -> dict[str, object]:
    return {"get": {"operationId": f"api.visits.{name}", "responses": {"200": {"description": name}}}}


OLD = {
    "swagger": "2.0",
    "info": {"title": "Old", "version": "1"},
    "basePath": "/ignored",
    "paths": {"/plan": _old("plan"), "/locked": _old("locked")},
}
PROGRAM = {
    "requirements.txt": "connexion[flask]==3.3.0\n",
    "api/__init__.py": "",
    "api/main.py": MAIN,
    "api/visits.py": VISITS,
    "api/controllers/__init__.py": "",
    "api/controllers/animals.py": ANIMALS,
    "api/spec/zoo.yaml": ZOO,
    "api/spec/old.json": json.dumps(OLD),
    "api/spec/broken.yaml": "openapi: [",
}
SERVED = {
    "GET /old/locked": ("required", "api.visits:locked"),
    "GET /old/plan": ("none", "api.visits:plan"),
    "GET /plain": ("none", "api.main:plain"),
    "GET /zoo/v1/animals": ("none", "api.controllers.animals:search"),
    "POST /zoo/v1/animals": ("required", "api.controllers.animals:post"),
    "DELETE /zoo/v1/animals/<int:animal_id>": ("required", "api.controllers.animals:delete"),
    "GET /zoo/v1/animals/<int:animal_id>": ("optional", "api.controllers.animals:get"),
    "GET /zoo/v1/photos/<path:name>": ("none", "api.visits:photo"),
    "GET /zoo/v1/report": ("required", "api.visits:report"),
    "GET /zoo/v1/visits/<day>": ("required", "api.visits:ticket"),
}


def test_what_a_document_says_is_served(tmp_path: Path) -> None:
    found = routes(write(tmp_path, PROGRAM))
    assert {f"{row.methods[0]} {row.path}": (row.auth, row.handler) for row in found} == SERVED


def test_a_report_depends_on_the_documents_that_it_was_made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = write(tmp_path / "zoo", PROGRAM)
    options = Options(root=root, config=Config(), cache=True, jobs=1)
    before = {row.path: row.auth for row in survey(options)[0]}
    assert {row.path: row.auth for row in survey(options)[0]} == before
    write(root, {"api/spec/zoo.yaml": ZOO.replace("security:\n  - keeper: []\n", "")})
    after = {row.path: row.auth for row in survey(options)[0]}
    assert before["/zoo/v1/visits/<day>"] == "required"
    assert after["/zoo/v1/visits/<day>"] == "none"


def test_without_its_document_an_application_has_no_such_routes(tmp_path: Path) -> None:
    root = write(tmp_path, {**PROGRAM, "api/spec/zoo.yaml": "openapi: [", "api/spec/old.json": "{}"})
    assert [row.path for row in routes(root)] == ["/plain"]
