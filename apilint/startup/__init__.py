"""The program's start-up, executed symbolically over the facts: what its modules define, build and register."""
