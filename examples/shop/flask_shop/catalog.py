"""Products: anyone may look, whoever is logged in may change."""

from flask import Blueprint, request
from flask.views import MethodView
from flask_login import login_required

from .database import query

bp = Blueprint("catalog", __name__)


@bp.get("/")
def list_products():
    return [dict(row) for row in query("SELECT id, name FROM product")]


@bp.get("/search")
def search():
    """Puts the caller's words into the statement, by way of a wrapper in another module."""
    statement = "SELECT id, name FROM product"
    statement += " WHERE name LIKE '%" + request.args["q"] + "%'"
    return [dict(row) for row in query(statement)]


class ProductView(MethodView):
    decorators = [login_required]

    def put(self, product_id: int):
        query("UPDATE product SET name = ? WHERE id = ?", (request.form["name"], product_id))
        return "", 204

    def delete(self, product_id: int):
        query("DELETE FROM product WHERE id = ?", (product_id,))
        return "", 204


bp.add_url_rule("/<int:product_id>", view_func=ProductView.as_view("product"))
