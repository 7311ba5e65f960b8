"""A shop in FastAPI, with deliberate mistakes."""
