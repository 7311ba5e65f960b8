"""Logging in, and one's own account."""

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import OAuth2PasswordRequestForm
from sqlmodel import select

from ..database import Database
from ..models import User, UserPublic
from ..security import CurrentUser

router = APIRouter(tags=["accounts"])


@router.post("/login")
def login(database: Database, form: OAuth2PasswordRequestForm = Depends()) -> dict[str, str]:
    user = database.exec(select(User).where(User.email == form.username)).first()
    if user is None or user.password_hash != form.password:
        raise HTTPException(400, "Wrong e-mail or password")
    return {"access_token": user.email, "token_type": "bearer"}


@router.get("/me")
def read_me(user: CurrentUser):
    """Returns the row as it is, password hash included."""
    return user


@router.get("/users/{user_id}", response_model=UserPublic)
def read_user(user_id: int, database: Database, user: CurrentUser):
    """Fine: `response_model` keeps the hash in."""
    return database.get(User, user_id)
