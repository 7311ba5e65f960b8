"""Products: anyone may look, staff may change."""

from fastapi import APIRouter, Depends
from sqlalchemy import text
from sqlmodel import select

from ..database import Database
from ..models import Product
from ..security import require_admin

router = APIRouter(prefix="/products", tags=["catalog"])


@router.get("")
def list_products(database: Database) -> list[Product]:
    return list(database.exec(select(Product)))


@router.get("/search")
def search(q: str, database: Database) -> list[str]:
    """Puts the caller's words into the statement."""
    statement = f"SELECT name FROM product WHERE name LIKE '%{q}%'"
    return [row.name for row in database.execute(text(statement))]


@router.post("", dependencies=[Depends(require_admin)])
def create_product(product: Product, database: Database) -> Product:
    database.add(product)
    database.commit()
    return product


@router.put("/{product_id}/name", dependencies=[Depends(require_admin)])
def rename_product(product_id: int, name: str, database: Database) -> None:
    database.get_one(Product, product_id).name = name
    database.commit()


@router.put("/{product_id}/price")
def change_price(product_id: int, price_cents: int, database: Database) -> None:
    """The forgotten one: everything else that changes a product asks for an administrator."""
    database.get_one(Product, product_id).price_cents = price_cents
    database.commit()


@router.delete("/{product_id}", dependencies=[Depends(require_admin)])
def delete_product(product_id: int, database: Database) -> None:
    database.delete(database.get_one(Product, product_id))
    database.commit()
