"""The whole system on one machine: services, development issuer, and the Procfile's processes."""

import os
import secrets
import shlex
import string
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapters.channels.web_push_encryption import encoded
from dev.issuer import DevelopmentIssuer, IssuerServer
from dev.mailbox import Mailbox
from dev.services import Service, ServiceFailed, Services, die_with_parent, free_port, port_answers
from dev.video_rooms import DevelopmentRooms

ROOT = Path(__file__).parent.parent
AUDIENCE = "cuore"


def procfile_command(name: str, environment: Mapping[str, str]) -> list[str]:
    """The command of one line of the Procfile, with this environment's Python and variables filled in."""
    for line in (ROOT / "Procfile").read_text().splitlines():
        process, _, command = line.partition(": ")
        if process == name:
            for variable, default in (("HOST", "127.0.0.1"), ("PORT", "8000")):
                command = command.replace(f"${{{variable}:-{default}}}", environment.get(variable, default))
            words = shlex.split(string.Template(command).safe_substitute(environment))
            program = Path(sys.executable).parent / words[0]
            return [str(program if program.exists() else words[0]), *words[1:]]
    raise KeyError(name)


@dataclass
class Process:
    """One process of ours; it ends with its parent, however that ends."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its output goes to its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=os.environ | self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent(None),  # noqa: PLW1509 - nothing here holds a lock at this moment
            )

    def stop(self) -> None:
        """Ask it to end, and insist after a while."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self.process = None


@dataclass
class System:
    """A running system; `environment` is what its processes get."""

    folder: Path
    services: Services
    issuer: DevelopmentIssuer
    server: IssuerServer
    mailbox: Mailbox
    port: int
    environment: dict[str, str]
    processes: dict[str, Process] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    def start(cls, folder: Path, port: int, *, fast: bool = False, kind: str = "development") -> "System":
        """Start services and issuer, and migrate; web and worker follow with `start_processes`.

        Raises:
            ServiceFailed: something did not start, in one sentence.
        """
        if port_answers(port):
            raise ServiceFailed(f"Port {port} is taken; choose another one with PORT=8001 or end what listens there.")
        folder.mkdir(parents=True, exist_ok=True)
        services = Services.start(folder, fast=fast)
        origins = [f"http://127.0.0.1:{port}", f"http://localhost:{port}"]
        issuer_port = _kept_port(folder / "issuer-port")
        rooms = DevelopmentRooms(f"http://127.0.0.1:{issuer_port}")
        issuer = DevelopmentIssuer(f"http://127.0.0.1:{issuer_port}", AUDIENCE, origins, [rooms.route])
        server = IssuerServer(issuer, issuer_port)
        server.start()
        mailbox = Mailbox(free_port(), folder / "mails")
        mailbox.start()
        environment = services.environment() | {
            "ENVIRONMENT": kind,
            "PORT": str(port),
            "OIDC_ISSUER": issuer.url,
            "OIDC_AUDIENCE": AUDIENCE,
            "EXPLORER_SIGN_IN_URL": issuer.url,
            "SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}",
            "MAIL_FROM": "Cuore <cuore@localhost>",
            "VAPID_PRIVATE_KEY": _kept_key(folder / "vapid-key"),
            "VAPID_CONTACT": "mailto:cuore@localhost",
            # Gateways under development run on this machine.
            "REACHES_PRIVATE_ADDRESSES": "yes",
        }
        environment |= rooms.environment
        system = cls(folder, services, issuer, server, mailbox, port, environment)
        migrated = subprocess.run(
            procfile_command("release", environment),
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if migrated.returncode != 0:
            (folder / "release.log").write_text(migrated.stdout + migrated.stderr)
            system.stop()
            raise ServiceFailed(f"The database could not be migrated; the reason is in {folder / 'release.log'}.")
        return system

    def start_processes(self) -> None:
        """Start web and worker, and wait until the web process is ready.

        Raises:
            ServiceFailed: it is not, after a minute.
        """
        for name in ("web", "worker"):
            command = procfile_command(name, self.environment)
            self.processes[name] = Process(name, command, self.environment, self.folder / f"{name}.log")
            self.processes[name].start()
        deadline = time.monotonic() + 60
        while not self.is_ready():
            web = self.processes["web"].process
            if time.monotonic() > deadline or web is None or web.poll() is not None:
                raise ServiceFailed(f"The web process did not start; its last words are in {self.folder / 'web.log'}.")
            time.sleep(0.1)

    def is_ready(self) -> bool:
        """Whether the web process says that it is ready."""
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=2) as answer:  # noqa: S310 - our own http address
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def children(self) -> list[Service | Process]:
        """Everything that must be alive."""
        return [self.services.postgres, self.services.valkey, self.services.store, *self.processes.values()]

    def stop(self) -> None:
        """Stop everything, the newest first."""
        for process in reversed(list(self.processes.values())):
            process.stop()
        self.server.stop()
        self.mailbox.stop()
        self.services.stop()


def _kept_port(file: Path) -> int:
    """The port of the last time, so that accounts keep their issuer; another one if it is taken now."""
    port = int(file.read_text()) if file.exists() else free_port()
    if port_answers(port):
        port = free_port()
    file.write_text(str(port))
    return port


def _kept_key(file: Path) -> str:
    """The key with which browsers subscribe, so that their subscriptions outlive a restart."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(encoded(secrets.token_bytes(32)))
    return file.read_text()
