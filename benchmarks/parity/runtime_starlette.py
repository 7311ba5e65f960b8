"""Ask Starlette what FastAPI is asked: without dependencies, what stands before a handler is middleware."""

from __future__ import annotations

from benchmarks.parity.runtime_fastapi import rows

__all__ = ["rows"]
