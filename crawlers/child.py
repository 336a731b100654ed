"""The child process of one crawl: `python -m crawlers.child`, started by `crawlers.gatherer`.

Scrapy's reactor cannot be started twice in one process, so each crawl has its own. The plan comes as one line on stdin,
which then stays open: its end means that the parent is gone. Rows go to the descriptor `--fd`, never to stdout, which
any library may print on.
"""

import argparse
import ctypes
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from crawlers.handover import Handover
from crawlers.vault.place import ENVIRONMENT, default_place, guarded_folders, open_store, read_place
from crawlers.vault.writer import VaultWriter
from crawlers.wire import NOT_HELD, failure_of, handed_line, read_plan
from pipeline.errors import FailedRun
from pipeline.records import GatherPlan

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Read the plan, crawl, hand over."""
    options = _options()
    die_with(options.parent)
    plan = read_plan(sys.stdin.buffer.readline())
    threading.Thread(target=_watch_stdin, args=(plan.lease_seconds,), name="parent-watch", daemon=True).start()
    try:
        vault = _vault(options.data, plan, options.floor_mb)
    except FailedRun as error:
        os.write(options.fd, handed_line(failure_of(error)))
        sys.exit(1)
    with vault:
        crawl(plan, vault, Handover(options.fd, vault.sync))


def _vault(data: Path, plan: GatherPlan, floor_mb: int) -> VaultWriter:
    """The writer for the place that the environment names, else for the vault in the data folder."""
    text = os.environ.get(ENVIRONMENT)
    place = read_place(text) if text else default_place(data)
    store = open_store(place)
    store.check()
    return VaultWriter(store, plan.run_id, plan.now, guarded=guarded_folders(data, place), floor_mb=floor_mb)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crawlers.child", description="One crawl; started by the gatherer.")
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--fd", type=int, required=True, help="descriptor for the rows")
    parser.add_argument("--parent", type=int, required=True, help="process id of the parent")
    parser.add_argument("--floor-mb", type=int, required=True, help="free megabytes that the disk guard asks for")
    return parser.parse_args()


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends, even by kill -9 and while the reactor hangs."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


def _watch_stdin(lease_seconds: float | None) -> None:
    """End the process with its parent, and when it was not told for half of `lease_seconds` that its hosts are held:
    another worker may soon ask them. What was handed over is safe, and the vault is made to be cut off at any byte."""
    stdin, told = sys.stdin.fileno(), _awake()
    while lease_seconds is None or _awake() - told < lease_seconds / 2:
        if select.select([stdin], [], [], 1.0)[0]:
            if not os.read(stdin, 1 << 16):  # not through its buffer, whose lock would block the interpreter's end
                os._exit(1)
            told = _awake()
    os._exit(NOT_HELD)


def _awake() -> float:
    """Seconds of a clock that goes on while the machine sleeps: leases end by then as well."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.monotonic()


def crawl(plan: GatherPlan, vault: VaultWriter, handover: Handover) -> None:
    """Run the crawl to its end and say so."""
    from scrapy.crawler import AsyncCrawlerProcess

    from crawlers.crawl import Crawl
    from crawlers.settings import scrapy_settings

    process = AsyncCrawlerProcess(scrapy_settings(plan))
    process.crawl(Crawl, plan=plan, vault=vault, handover=handover, clock=clock_of(plan))
    process.start()
    if process.bootstrap_failed:
        handover.fail(FailedRun("the crawl could not be started, see its log"))
    handover.finish()


def clock_of(plan: GatherPlan) -> Callable[[], datetime]:
    """The clock whose times are stamped on rows: the plan's fixed time, or the machine's."""
    if plan.fixed_clock:
        return lambda: plan.now
    return lambda: datetime.now(UTC)


if __name__ == "__main__":
    main()
