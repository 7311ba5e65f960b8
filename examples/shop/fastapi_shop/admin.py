"""The back office: an application of its own, guarded as a whole."""

from fastapi import Depends, FastAPI

from .database import Database
from .models import Product
from .security import require_admin

admin = FastAPI(dependencies=[Depends(require_admin)], openapi_url=None)
reports = FastAPI(openapi_url=None)


@admin.post("/stock")
def add_stock(product: Product, database: Database) -> None:
    database.add(product)
    database.commit()


@reports.get("/sales")
def sales() -> dict[str, int]:
    """Public: a mounted application does not inherit the dependencies of the one it is mounted on."""
    return {"total_cents": 0}


admin.mount("/reports", reports)
