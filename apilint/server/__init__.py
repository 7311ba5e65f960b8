"""`apilint server`: a project kept linked while it is edited -> diagnostics, actions, hovers and lenses over LSP.

    protocol ─▶ desk ─▶ folder ─▶ View ─▶ diagnostics, lenses, hovers, actions
      (pygls)   (thread)  (the linked program)

The only room that knows pygls and lsprotocol. The protocol's thread never analyses and the desk's thread never speaks:
between them travel texts one way and finished, immutable views the other.
"""
