"""Measurements of apilint on real code. Everything they download stays outside of the repository."""
