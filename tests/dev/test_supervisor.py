"""What dies is started again, ever more slowly, and given up in one sentence."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dev.supervisor import ServiceFailed, Watch, only_one, run_to_end
from tests.dev.processes import wait_for_end


@dataclass
class Sleeper:
    """A child that does nothing until it is killed."""

    name: str = "worker"
    log: Path = Path("worker.log")
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    refuses: bool = False

    def start(self) -> None:
        self.starts += 1
        if self.refuses:
            raise ServiceFailed("No.")
        self.process = subprocess.Popen(["sleep", "60"])

    def die(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@dataclass
class Clock:
    seconds: float = 0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Heard:
    sentences: list[str] = field(default_factory=list)


def test_a_killed_child_is_started_again_with_a_line_that_says_so() -> None:
    child, heard = Sleeper(), Heard()
    watch = Watch([child], heard.sentences.append, Clock())
    child.start()
    watch.look()
    assert (child.starts, heard.sentences) == (1, [])
    child.die()
    watch.look()
    watch.look()
    assert (child.starts, heard.sentences) == (2, ["worker was ended by SIGKILL; it is started again now."])
    child.die()


def test_what_dies_again_and_again_waits_longer_and_is_then_given_up() -> None:
    child, heard, clock = Sleeper(), Heard(), Clock()
    watch = Watch([child], heard.sentences.append, clock)
    child.start()
    child.die()
    watch.look()
    watch.look()
    for starts, delay_seconds in enumerate((1, 2, 4, 8), start=2):
        child.die()
        watch.look()
        clock.seconds += delay_seconds - 0.25
        watch.look()
        assert child.starts == starts
        clock.seconds += 0.25
        watch.look()
        assert child.starts == starts + 1
    child.die()
    with pytest.raises(ServiceFailed, match="worker was ended by SIGKILL for the 6th time within a minute"):
        watch.look()


def test_deaths_of_long_ago_are_forgotten() -> None:
    child, heard, clock = Sleeper(), Heard(), Clock()
    watch = Watch([child], heard.sentences.append, clock)
    child.start()
    for _ in range(10):
        child.die()
        watch.look()
        watch.look()
        clock.seconds += 61
    assert heard.sentences == ["worker was ended by SIGKILL; it is started again now."] * 10
    child.die()


def test_a_start_that_fails_counts_as_a_death() -> None:
    child, heard, clock = Sleeper(refuses=True), Heard(), Clock()
    watch = Watch([child], heard.sentences.append, clock)
    while len(heard.sentences) < 5:
        watch.look()
        clock.seconds += 1
    clock.seconds += 8
    watch.look()
    with pytest.raises(ServiceFailed, match="worker could not be started for the 6th time"):
        watch.look()
    assert child.starts == 5


def test_a_folder_belongs_to_one_process(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(ServiceFailed, match="runs already"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


def test_a_child_ends_with_its_parent_however_that_ends() -> None:
    code = (
        "import subprocess, time; from dev.supervisor import die_with_parent;"
        "child = subprocess.Popen(['sleep', '60'], preexec_fn=die_with_parent(None), stdout=subprocess.PIPE);"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    if sys.platform != "linux":
        pytest.skip("only Linux ends children with their parent")
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    wait_for_end(child)


def test_a_program_tells_whether_it_ended_well_and_leaves_its_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", "import sys; print('why'); sys.exit(int(sys.argv[1]))"]
    assert run_to_end([*command, "0"], folder=tmp_path, environment=os.environ, log=log)
    assert not run_to_end([*command, "3"], folder=tmp_path, environment=os.environ, log=log)
    assert log.read_text() == "why\nwhy\n"


def test_an_interrupted_program_ends_with_all_that_it_started(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    def interrupt(_number: int, _frame: object) -> None:
        if pid_file.exists() and pid_file.read_text():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_to_end(
                ["sh", "-c", f"sleep 60 & echo $! > {pid_file}; wait"],
                folder=tmp_path,
                environment=os.environ,
                log=tmp_path / "log",
            )
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    wait_for_end(int(pid_file.read_text()))
