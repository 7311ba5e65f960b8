"""Runtime parity: the real frameworks run small applications, and apilint must say the same from their source alone."""
