"""One command a module, loaded when it is called: `beatwatch --help` must answer at once."""
