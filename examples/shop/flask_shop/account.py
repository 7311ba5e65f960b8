"""Logging in, and one's own account."""

import logging

from flask import Blueprint, abort, jsonify, request
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from werkzeug.security import check_password_hash

from .database import query

logger = logging.getLogger(__name__)
login_manager = LoginManager()
bp = Blueprint("account", __name__, url_prefix="/account")


class User(UserMixin):
    def __init__(self, row):
        self.id = row["id"]
        self.email = row["email"]
        self.password_hash = row["password_hash"]
        self.is_admin = bool(row["is_admin"])


@login_manager.user_loader
def load_user(user_id: str) -> User | None:
    rows = query("SELECT * FROM user WHERE id = ?", (user_id,))
    return User(rows[0]) if rows else None


@bp.post("/login")
def login():
    """Writes the password to the log."""
    email, password = request.form["email"], request.form["password"]
    logger.info("login of %s with password %s", email, password)
    rows = query("SELECT * FROM user WHERE email = ?", (email,))
    if not rows or not check_password_hash(rows[0]["password_hash"], password):
        abort(401)
    login_user(User(rows[0]))
    return "", 204


@bp.post("/logout")
@login_required
def logout():
    logout_user()
    return "", 204


@bp.get("/me")
@login_required
def me():
    return jsonify(id=current_user.id, email=current_user.email)


@login_required
@bp.post("/e-mail")
def change_email():
    """Open to all: the guard stands above the route, which registers the bare function."""
    query("UPDATE user SET email = ? WHERE id = ?", (request.form["email"], request.form["id"]))
    return "", 204
