"""Prefect flows: the schedule and nothing else. What a run does is `pipeline.wiring.daily_run`'s."""
