"""A service manager for one service, as seen by the daemon: a notify socket, a listening socket that
outlives the service, a store for descriptors. It needs no root and no systemd, so a daemon can be
killed and started a hundred times in seconds. Tests/system tries the same with the real one.

    manager = Manager(["/path/to/ndissimd", ...])
    manager.start()
    manager.kill()          # SIGKILL; `start` passes everything again
"""
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time


class Manager:
    """One service and what is kept for it."""

    def __init__(self, command: list[str], limit: int = 4096, environment: dict | None = None,
                 quiet: bool = True) -> None:
        self.command = command
        self.limit = limit
        self.quiet = quiet
        self.folder = tempfile.mkdtemp(prefix="ndissim-restart-")
        self.path = f"{self.folder}/driver"
        self.varlink = f"{self.folder}/org.ndissim.Simulator"
        self.state = f"{self.folder}/state"
        self.log_path = f"{self.folder}/log"
        os.mkdir(self.state)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(4096)
        self.management = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.management.bind(self.varlink)
        self.management.listen(128)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(f"{self.folder}/notify")
        self.notify.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.environment = dict(os.environ, NOTIFY_SOCKET=f"{self.folder}/notify",
                                FDSTORE=str(limit), STATE_DIRECTORY=self.state,
                                SWIFT_BACKTRACE="enable=no", **(environment or {}))
        self.kept: list[tuple[str, int]] = []  # newest first, as systemd hands them over
        self.dropped = 0  # descriptors over the limit
        self.process: subprocess.Popen | None = None
        self.status = ""
        self.errno = 0
        self.said: list[str] = []  # every assignment but STATUS
        self.changed = threading.Condition()
        self.is_ended = False
        self.settled = 0
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    # Notifications of the service

    def _listen(self) -> None:
        while not self.is_ended:
            ready, _, _ = select.select([self.notify], [], [], 0.05)
            with self.changed:
                self._forget_closed()
            if ready:
                self._take(*socket.recv_fds(self.notify, 65536, 253)[:2])

    def _take(self, message: bytes, descriptors: list[int]) -> None:
        lines = message.decode().split("\n")
        fields = dict(line.split("=", 1) for line in lines if "=" in line)
        with self.changed:
            if "FDSTORE" in fields:
                for descriptor in descriptors:
                    if len(self.kept) < self.limit:
                        self.kept.insert(0, (fields.get("FDNAME", "stored"), descriptor))
                    else:
                        self.dropped += 1
                        os.close(descriptor)
            elif "FDSTOREREMOVE" in fields:
                for name, descriptor in [k for k in self.kept if k[0] == fields["FDNAME"]]:
                    self.kept.remove((name, descriptor))
                    os.close(descriptor)
            self.status = fields.get("STATUS", self.status)
            self.errno = int(fields.get("ERRNO", self.errno))
            self.said += [line for line in lines if not line.startswith("STATUS=")]
            self.changed.notify_all()

    def _forget_closed(self) -> None:
        """The real one drops what hangs up."""
        poll = select.poll()
        sockets = {d: n for n, d in self.kept if n == "c"}
        for descriptor in sockets:
            poll.register(descriptor, 0)
        for descriptor, events in poll.poll(0):
            if events & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
                self.kept.remove((sockets[descriptor], descriptor))
                os.close(descriptor)

    def wait(self, what: str, condition, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        with self.changed:
            while not condition():
                left = end - time.monotonic()
                if left <= 0 or (self.process and self.process.poll() is not None):
                    raise AssertionError(f"in vain: {what}\n{self.log()[-3000:]}")
                self.changed.wait(min(left, 0.2))

    # Life cycle of the service

    def start(self, wait: bool = True) -> None:
        with self.changed:
            self._forget_closed()
            names = ["driver", "varlink"] + [name for name, _ in self.kept]
            inherited = [self.listener.fileno(), self.management.fileno()]
            inherited += [descriptor for _, descriptor in self.kept]
            self.said = []
        environment = dict(self.environment, LISTEN_FDS=str(len(names)),
                           LISTEN_FDNAMES=":".join(names))
        # Numbers from 3 on, in order: first out of the way, then into place.
        base = 3 + len(inherited)

        def place() -> None:
            high = [os.dup2(d, base + 4096 + i) for i, d in enumerate(inherited)]
            for i, descriptor in enumerate(high):
                os.dup2(descriptor, 3 + i, inheritable=True)
            os.closerange(base, base + 4096 + len(high))

        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *self.command],
                env=environment, preexec_fn=place, close_fds=False, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        if wait:
            self.wait("the daemon is ready", lambda: "READY=1" in self.said)

    def kill(self, number: int = signal.SIGKILL) -> int:
        self.process.send_signal(number)
        return self.process.wait()

    def settle(self) -> None:
        """Waits until all notifications of the dead service are processed: our own message follows them."""
        self.settled += 1
        mark = f"X_SETTLED={self.settled}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
            own.sendto(mark.encode(), f"{self.folder}/notify")
        with self.changed:
            self.changed.wait_for(lambda: mark in self.said, 30)

    def names(self) -> list[str]:
        with self.changed:
            return [name for name, _ in self.kept]

    def log(self) -> str:
        return pathlib.Path(self.log_path).read_text(errors="replace")

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.is_ended = True
        self.thread.join()
        for _, descriptor in self.kept:
            os.close(descriptor)
        for one in (self.listener, self.management, self.notify):
            one.close()
        subprocess.run(["rm", "-rf", self.folder], check=False)
