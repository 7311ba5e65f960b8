"""A shop in Flask, with deliberate mistakes."""

import secrets

from flask import Flask

from . import account, admin, catalog, orders


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["SECRET_KEY"] = secrets.token_hex()
    account.login_manager.init_app(app)
    app.register_blueprint(account.bp)
    app.register_blueprint(catalog.bp, url_prefix="/products")
    app.register_blueprint(admin.bp, url_prefix="/admin")
    orders.init_routes(app)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app
