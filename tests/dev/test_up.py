"""`cuore up` as a newcomer meets it: real processes, killed and ended in every way."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.services import ServiceFailed, free_port
from dev.up import _sentence as sentence_of
from tests.dev.processes import PATIENCE_SECONDS, children_of, wait_for, wait_for_end

CUORE = str(Path(sys.executable).parent / "cuore")


@dataclass
class Machine:
    """One newcomer's folder and what runs on it."""

    folder: Path
    port: int = field(default_factory=free_port)
    running: subprocess.Popen[bytes] | None = None

    @property
    def run_file(self) -> Path:
        return self.folder / "run.json"

    def cuore(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"CUORE_DATA": str(self.folder), "COLUMNS": "400"}
        return subprocess.run([CUORE, *words], env=environment, capture_output=True, text=True, check=False)

    def up(self) -> None:
        words = [CUORE, "up", "--no-explorer", "--port", str(self.port)]
        with (self.folder.parent / "output").open("ab") as output:
            environment = os.environ | {"CUORE_DATA": str(self.folder)}
            self.running = subprocess.Popen(words, env=environment, stdout=output, stderr=output)
        wait_for(lambda: self.run_file.exists() or self.process.poll() is not None)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self.running is not None
        return self.running

    def children(self) -> list[int]:
        return children_of(self.process.pid)

    def said(self) -> str:
        return (self.folder.parent / "output").read_text()

    def worklist(self, token: str) -> Any:
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/graphql",
            headers={"authorization": f"Bearer {token}"},
            json={"query": "{ worklist(first: 1) { edges { node { patient { id } urgency } } } }"},
        )
        return [edge["node"] for edge in answer.json()["data"]["worklist"]["edges"]]

    def answers(self, token: str) -> bool:
        try:
            return bool(self.worklist(token))
        except (httpx.HTTPError, KeyError, TypeError, ValueError):
            return False


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path / "data")
    yield made
    if made.running is not None and made.running.poll() is None:
        made.running.terminate()
        made.running.wait(PATIENCE_SECONDS)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence with which a command ended."""
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    return sentence


@pytest.mark.journey
def test_a_newcomers_day(machine: Machine) -> None:
    assert refused(machine.cuore("token", "--as", "patient")) == "Cuore does not run here; start it with: make up"

    machine.up()
    token = machine.cuore("token", "--as", "clinician").stdout.strip()
    wait_for(lambda: bool(machine.worklist(token)[0]["urgency"] == "URGENT"))
    (worst,) = machine.worklist(token)
    assert machine.run_file.stat().st_mode & 0o777 == 0o600
    issuer = json.loads(machine.run_file.read_text())["issuer"]

    # Another one on the same folder, or a reset under its feet, is told so.
    assert "runs already" in refused(machine.cuore("up"))
    assert "runs already" in refused(machine.cuore("reset"))

    # Whatever is killed comes back.
    children = machine.children()
    assert len(children) == 5
    for child in children:
        os.kill(child, signal.SIGKILL)
    wait_for(lambda: machine.said().count("was ended by SIGKILL; it is started again now.") == 5)
    wait_for(lambda: machine.answers(token))

    # Ended without a chance to clean up, it leaves no process behind …
    if sys.platform == "linux":
        children = machine.children()
        machine.process.kill()
        machine.process.wait()
        wait_for_end(*children)
        assert "does not answer" in refused(machine.cuore("token", "--as", "patient"))
        machine.run_file.unlink()
        # … and the data are those of before, for the same accounts.
        machine.up()
        assert json.loads(machine.run_file.read_text())["issuer"] == issuer
        again = machine.cuore("token", "--as", "clinician").stdout.strip()
        assert machine.worklist(again) == [worst]

    children = machine.children()
    machine.process.send_signal(signal.SIGINT)
    assert machine.process.wait(PATIENCE_SECONDS) == 0
    wait_for_end(*children)
    assert not machine.run_file.exists()
    assert "Traceback" not in machine.said()

    assert machine.cuore("reset").returncode == 0
    assert not machine.folder.exists()


def test_a_taken_port_is_one_sentence(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", machine.port)):
        assert f"Port {machine.port} is taken" in refused(
            machine.cuore("up", "--no-explorer", "--port", str(machine.port))
        )


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sentence = refused(Machine(tmp_path / "file" / "data").cuore("up", "--no-explorer"))
    assert sentence == f"Error: Not a directory: {tmp_path / 'file' / 'data'}."


def test_a_second_start_waits_for_nothing_that_only_the_first_one_needs() -> None:
    script = "import sys, dev.up; print(sorted({'scipy.signal', 'strawberry'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_folder_that_may_not_be_written_is_not_called_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dev.up.FULL_DISK_BYTES", 2**60)
    read_only = OSError(errno.EROFS, "Read-only file system", str(tmp_path / "lock"))
    assert sentence_of(read_only, tmp_path) == f"Read-only file system: {tmp_path / 'lock'}."
    assert "is full" in sentence_of(ServiceFailed("PostgreSQL did not start."), tmp_path)


@pytest.mark.journey
def test_a_first_start_that_was_cut_off_is_begun_again(machine: Machine) -> None:
    machine.folder.mkdir()
    (machine.folder / "postgres").mkdir()
    (machine.folder / "demo-unfinished").touch()
    machine.up()
    token = machine.cuore("token", "--as", "clinician").stdout.strip()
    assert machine.answers(token)
    assert not (machine.folder / "demo-unfinished").exists()
