"""Fixes: what they change, what they leave alone, and what the frameworks make of it."""
