"""How watchword-tiny is made; see README.md."""
