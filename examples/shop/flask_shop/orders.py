"""Orders: routes that are registered by a function, behind a decorator of our own."""

from functools import wraps

import requests
from flask import Flask, abort, request
from flask_login import current_user

from .database import query


def customers_only(view):
    @wraps(view)
    def guarded(*args, **kwargs):
        if not current_user.is_authenticated:
            abort(401)
        return view(*args, **kwargs)

    return guarded


def track(view):
    """Looks like `customers_only`, and only counts."""

    @wraps(view)
    def counted(*args, **kwargs):
        query("UPDATE statistics SET calls = calls + 1")
        return view(*args, **kwargs)

    return counted


def init_routes(app: Flask) -> None:
    @app.get("/orders")
    @customers_only
    def list_orders():
        return [dict(row) for row in query("SELECT id FROM orders WHERE user_id = ?", (current_user.id,))]

    @app.post("/orders")
    @customers_only
    def place_order():
        query("INSERT INTO orders (user_id) VALUES (?)", (current_user.id,))
        return "", 201

    @app.post("/orders/<int:order_id>/ship")
    @customers_only
    def ship_order(order_id: int):
        carrier = requests.Session()
        carrier.verify = False
        carrier.post("https://carrier.shop-provider.com/parcels", json={"order": order_id}, timeout=10)
        return "", 204

    @app.post("/orders/<int:order_id>/address")
    @track
    def change_address(order_id: int):
        """The forgotten one: a customer's address, for anyone who can count."""
        query("UPDATE orders SET address = ? WHERE id = ?", (request.form["address"], order_id))
        return "", 204
