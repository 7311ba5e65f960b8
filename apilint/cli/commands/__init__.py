"""One file a command: `apilint NAME` is the function NAME in NAME.py."""
