"""What partners may ask for, behind a guard that never rejects."""

from fastapi import APIRouter, Depends

from ..payments import refund
from ..security import verify_partner_key

router = APIRouter(prefix="/partners", tags=["partners"], dependencies=[Depends(verify_partner_key)])


@router.post("/refunds/{payment_id}")
def refund_payment(payment_id: int) -> None:
    refund(payment_id)
