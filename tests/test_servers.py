"""Without Java the tests on real servers are left out and the last lines say so; continuous integration fails. What an
operator has set has no say."""

import os
import subprocess
import sys

ASKING = "tests/pipeline/adapters/test_search_elastic.py::test_a_document_that_is_older_is_no_refusal"
READING = "tests/console/test_checkup_engines.py::test_before_the_first_run_nothing_is_wrong"


def run(test: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Runs a test under the environment, in which these variables are set."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("BEATWATCH_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    return subprocess.run(command, env=mine | more, capture_output=True, text=True, check=False)


def without_java(**more: str) -> "subprocess.CompletedProcess[str]":
    """Runs a test that asks for Elasticsearch where no program is to be found."""
    return run(ASKING, PATH="/nonexistent", **more)


def test_a_person_is_told_last_what_brings_the_skipped_tests_in() -> None:
    ended = without_java()
    assert ended.returncode == 0, ended.stdout
    *_, skipped, remedy = ended.stdout.splitlines()
    assert skipped.startswith("Tests on a real elasticsearch were skipped: ")
    assert remedy == "`apt install maven openjdk-17-jdk-headless`, then `make test`, brings them in."


def test_continuous_integration_fails() -> None:
    ended = without_java(BEATWATCH_CI="1")
    assert ended.returncode == 1
    assert "elasticsearch cannot be started" in ended.stdout


def test_an_operators_settings_do_not_reach_the_tests() -> None:
    ended = run(READING, BEATWATCH_ALLOW_HOSTS="no JSON", BEATWATCH_DATABASE="no address")
    assert ended.returncode == 0, ended.stdout
