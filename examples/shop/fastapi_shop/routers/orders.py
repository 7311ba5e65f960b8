"""Orders. The router says nothing about who may call it: `main.py` includes it behind a guard."""

from fastapi import APIRouter
from sqlmodel import select

from ..database import Database
from ..models import Order
from ..payments import charge
from ..security import CurrentUser

router = APIRouter(tags=["orders"])


@router.get("")
def list_orders(database: Database, user: CurrentUser) -> list[Order]:
    return list(database.exec(select(Order).where(Order.user_id == user.id)))


@router.post("")
def place_order(order: Order, card_token: str, database: Database) -> Order:
    charge(card_token, 100)
    database.add(order)
    database.commit()
    return order
