"""Child processes as the system lists them."""

import os
import time
from pathlib import Path


def children(pid: int | None = None) -> set[int]:
    """A process's children; this one's without a number."""
    pid = pid or os.getpid()
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def gone(pid: int, seconds: float = 5.0) -> bool:
    """Whether a process ends (or is dead and not yet taken note of) within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
