"""Frameworks, where the fixture applications that they judge themselves do not reach."""
