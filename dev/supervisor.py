"""Child processes that end with their parent and are started again when they die."""

import ctypes
import fcntl
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

# A child that dies this often within this time will not live by being started again.
MOST_DEATHS = 6
DEATHS_WITHIN_SECONDS = 60
# The first death may be an accident; what dies again is given time for its cause to pass.
DELAYS_SECONDS = (0, 1, 2, 4, 8)


class ServiceFailed(Exception):
    """What could not be started or kept alive, in one sentence."""


class Child(Protocol):
    """What `Watch` looks after; `process` is none where a start failed."""

    name: str
    log: Path
    process: subprocess.Popen[bytes] | None

    def start(self) -> None: ...


@dataclass
class Watch:
    """Starts again whatever dies, ever more slowly, and says so; `clock` in seconds."""

    children: Iterable[Child]
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _deaths: dict[str, list[float]] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)

    def look(self) -> None:
        """Look once at every child.

        Raises:
            ServiceFailed: one of them dies again and again.
        """
        for child in self.children:
            if child.name in self._due:
                if self.clock() >= self._due[child.name]:
                    del self._due[child.name]
                    self._start(child)
            elif child.process is None or child.process.poll() is not None:
                self._mourn(child, _end_of(child.process))

    def _mourn(self, child: Child, how: str) -> None:
        now = self.clock()
        deaths = [at for at in self._deaths.get(child.name, []) if at > now - DEATHS_WITHIN_SECONDS] + [now]
        self._deaths[child.name] = deaths
        if len(deaths) >= MOST_DEATHS:
            raise ServiceFailed(
                f"{child.name} {how} for the {len(deaths)}th time within a minute; its last words are in {child.log}."
            )
        delay_seconds = DELAYS_SECONDS[len(deaths) - 1]
        self._due[child.name] = now + delay_seconds
        when = f"in {delay_seconds} s" if delay_seconds else "now"
        self.say(f"{child.name} {how}; it is started again {when}.")

    def _start(self, child: Child) -> None:
        try:
            child.start()
        except ServiceFailed:
            # The next look finds it dead.
            child.process = None


def _end_of(process: subprocess.Popen[bytes] | None) -> str:
    if process is None:
        return "could not be started"
    if process.returncode < 0:
        return f"was ended by {signal.Signals(-process.returncode).name}"
    return f"ended with code {process.returncode}"


def die_with_parent(user: str | None) -> Callable[[], None]:
    """What a child does before its program begins: own process group, other user, an end with its parent."""
    parent = os.getpid()

    def prepare() -> None:
        os.setpgrp()
        if user is not None:
            account = pwd.getpwnam(user)
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, signal.SIGKILL if user is None else signal.SIGQUIT)
            if os.getppid() != parent:  # it died before it could be watched
                os._exit(1)

    return prepare


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder for this process alone.

    Raises:
        ServiceFailed: another one holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServiceFailed(f"Cuore runs already with the data in {folder}; end that one with Ctrl-C.") from None
        yield


def run_to_end(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path) -> bool:
    """Whether a program ended well; its output goes to `log`, and Ctrl-C ends it with all that it started."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent(None),  # noqa: PLW1509 - nothing of ours holds a lock at this moment
        )
    try:
        return process.wait() == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
