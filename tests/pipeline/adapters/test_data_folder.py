"""The data folder: layout, rights, the lock of a run, the disk guard."""

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from pipeline.adapters.data_folder import DataFolder
from pipeline.errors import DataFolderBusy, DataFolderError

ROOT = Path(__file__).parents[3]
HOLD = """
import sys, time
from pathlib import Path
from pipeline.adapters.data_folder import DataFolder

with DataFolder.open(Path(sys.argv[1])).hold("beatwatch run --sources live"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_folder_is_made_with_its_parts(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "var" / "sample")
    assert sorted(part.name for part in folder.path.iterdir()) == ["logs", "mail"]
    assert folder.state_url == f"sqlite:///{tmp_path}/var/sample/state.db"
    assert folder.search == tmp_path / "var/sample/search.db"
    assert DataFolder.open(tmp_path / "var" / "sample") == folder


def test_a_file_in_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "live").write_text("a file")
    with pytest.raises(DataFolderError, match=r"live: .*another data folder"):
        DataFolder.open(tmp_path / "live")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Root may write everywhere, so the test runs in a child without rights."""
    folder = tmp_path / "live"
    for part in ("mail", "logs"):
        (folder / part).mkdir(parents=True)
    folder.chmod(0o555)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # threads of other tests: it only exits
        child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                for above in (folder, *folder.parents):
                    above.chmod(above.stat().st_mode | 0o055)
                os.setuid(65534)
            DataFolder.open(folder)
        except DataFolderError as error:
            os._exit(0 if "cannot be written" in str(error) else 2)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    folder.chmod(0o755)
    assert os.waitstatus_to_exitcode(status) == 0


def _holding(folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen([sys.executable, "-c", HOLD, folder], stdout=subprocess.PIPE, text=True, env=environment)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_a_second_run_names_the_holder_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path)
    child = _holding(tmp_path)
    try:
        named = rf"held by process {child.pid} \(beatwatch run --sources live\) since 20\d\d-.*--data"
        with pytest.raises(DataFolderBusy, match=named), folder.hold("second"):
            pass
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    with folder.hold("third"):
        pass


def test_a_folder_is_free_after_a_run_even_if_it_failed(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path)
    with pytest.raises(RuntimeError, match="failed"), folder.hold():
        raise RuntimeError("failed")
    started = time.monotonic()
    with folder.hold():
        assert time.monotonic() - started < 1


def test_a_holder_that_has_not_signed_yet_is_still_a_holder(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path)
    child = _holding(tmp_path)
    try:
        (tmp_path / "run.holder.json").unlink()
        with pytest.raises(DataFolderBusy, match="held by another run"), folder.hold():
            pass
    finally:
        child.kill()
        child.communicate()


def test_a_folder_keeps_the_name_of_its_worker(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "one")
    assert len(folder.worker) == 16
    assert DataFolder.open(tmp_path / "one").worker == folder.worker
    assert DataFolder.open(tmp_path / "two").worker != folder.worker


def test_a_name_that_could_not_be_written_is_made_at_the_next_call(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path)
    (tmp_path / "worker.new").mkdir()  # root may write everywhere, but into no folder as a file
    with pytest.raises(DataFolderError):
        _ = folder.worker
    assert not (tmp_path / "worker").exists()
    (tmp_path / "worker.new").rmdir()
    (tmp_path / "worker").touch()  # a full disk left it so
    assert len(folder.worker) == 16
    assert folder.worker == (tmp_path / "worker").read_text(encoding="utf-8")
