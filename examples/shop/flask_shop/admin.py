"""The back office. One hook guards every route of the blueprint."""

from flask import Blueprint, abort, request
from flask_login import current_user

from .database import connection, query

bp = Blueprint("admin", __name__)


@bp.before_request
def administrators_only():
    if not current_user.is_authenticated or not current_user.is_admin:
        abort(403)


@bp.get("/users")
def list_users():
    return [dict(row) for row in query("SELECT id, email FROM user")]


@bp.get("/report")
def report():
    """Guarded, and still open to injection by an administrator's browser."""
    column = request.args.get("by", "id")
    rows = connection().execute(f"SELECT id, name FROM product ORDER BY {column}")
    return [dict(row) for row in rows]


@bp.post("/import")
def import_products():
    """Half an import looks like a whole one: what goes wrong is never heard of."""
    for line in request.get_data(as_text=True).splitlines():
        try:
            query("INSERT INTO product (name) VALUES (?)", (line,))
        except Exception:
            continue
    return "", 204
