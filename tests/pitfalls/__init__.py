"""The mistakes that people repeat: frameworks of several versions run them, and apilint must agree (make pitfalls)."""
