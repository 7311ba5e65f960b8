"""Frameworks: what the start-up built -> routes. One file a framework; each has `routes(program)`."""

# What a library that guards or serves anything builds on, by its package and by its distribution.
LIBRARIES = frozenset(
    "fastapi starlette flask quart werkzeug django rest_framework djangorestframework ninja django_ninja channels "
    "litestar aiohttp falcon tornado sanic bottle connexion".split()
)
