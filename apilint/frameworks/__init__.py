"""Frameworks: what the start-up built -> routes. One file a framework; each has `routes(program)`."""
