"""The application."""

from fastapi import Depends, FastAPI

from .admin import admin
from .routers import accounts, catalog, orders, partners
from .security import current_user


def create_app() -> FastAPI:
    application = FastAPI(title="Shop", openapi_url=None)
    application.include_router(orders.router, prefix="/orders", dependencies=[Depends(current_user)])
    for router in (accounts.router, catalog.router, partners.router):
        application.include_router(router)
    application.mount("/admin", admin)
    return application


app = create_app()


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
