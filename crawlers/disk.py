"""The disk guard: gathering stops while there is still room to finish what was begun.

A full disk breaks the database in the middle of a commit and takes the machine's other services with it; a run that
stops early loses nothing, because the next one takes it up.
"""

import errno
import shutil
from pathlib import Path

from pipeline.errors import DataFolderError, DiskFull

DEFAULT_FLOOR_MB = 500


def is_full(error: OSError) -> bool:
    """Whether it says that the disk, or the user's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def require_space(folder: Path, floor_mb: int = DEFAULT_FLOOR_MB) -> None:
    """Raise `DiskFull` if fewer than `floor_mb` megabytes (10^6 bytes) are free where `folder` lies."""
    try:
        free = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        raise DataFolderError(f"{folder}: cannot ask for free space: {error.strerror}") from error
    if free < floor_mb:
        raise DiskFull(
            f"{folder}: {free} MB free, {floor_mb} MB are needed to go on; free some space and start the run again"
        )
