"""The sample newsroom: a small web of invented outlets on loopback, for one whole daily run without a network."""
