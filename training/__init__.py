"""Labelled examples, and the programs that fit and evaluate the heads. Nothing of a daily run imports this."""
