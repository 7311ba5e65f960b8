"""One file for each application: what it is called, and how it is started."""
