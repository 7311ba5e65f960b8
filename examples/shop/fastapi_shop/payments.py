"""The payment provider."""

import logging

import httpx

logger = logging.getLogger(__name__)


def charge(card_token: str, cents: int) -> bool:
    """Speaks plain HTTP, and writes the card's token to the log."""
    logger.info("charging %s cents to card_token=%s", cents, card_token)
    response = httpx.post("http://payments.shop-provider.com/charge", json={"token": card_token, "cents": cents})
    return response.status_code == 201


def refund(payment_id: int) -> None:
    """Does not check whom it talks to, and nobody hears when it fails."""
    try:
        httpx.post(f"https://payments.shop-provider.com/refund/{payment_id}", verify=False)
    except Exception:
        pass
