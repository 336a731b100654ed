"""Watch rules, digests and their delivery: what is new reaches a person once, with its evidence."""
