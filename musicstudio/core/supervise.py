"""Keeps child processes running until this process is told to stop; then stops them all, in bounded time.

`manage.py worker` keeps the queue's cluster running with it, `manage.py studio` the cluster and the web server.
"""

import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

GRACE = 8.5  # seconds from the signal to stop until what still runs is killed
# Seconds before a child that died is started again: doubles while it keeps dying. The longest, with the start itself
# after it, still is less than the ten seconds within which a killed studio has to be back at work.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0
STEADY = 5.0  # seconds after which a child counts as having run
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Child:
    """One command to keep running, in a session of its own: a signal to our group reaches it only through us.

    Whatever it leaves behind when it ends is killed with its process group, so nothing it started outlives it.
    """

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name, self.command = name, list(command)
        self.process: subprocess.Popen[bytes] | None = None
        self.started = self.due = 0.0
        self.pause = FIRST_PAUSE

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Starts the command; standard output and error are ours."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 (our own command lines)
            self.command, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def ended(self) -> str:
        """Clears up after a process that ended and plans the next one; a sentence about it, or nothing if it runs."""
        if self.process is None or self.runs:
            return ""
        code = self.process.returncode
        self.kill()
        steady = time.monotonic() - self.started > STEADY
        self.pause = FIRST_PAUSE if steady else min(LONGEST_PAUSE, self.pause * 2)
        self.due = time.monotonic() + self.pause
        how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with code {code}"
        return f"The {self.name} {how}. Starting it again in {self.pause:g} s."

    def terminate(self) -> None:
        """Asks it to stop."""
        if self.process is not None and self.runs:
            self.process.terminate()

    def kill(self) -> None:
        """Ends it and everything in its process group, at once."""
        if self.process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


class Supervisor:
    """Runs children until SIGTERM, SIGINT or SIGHUP. `say` gets a sentence when one had to be started again."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children, self.say = children, say
        self.stopping = False

    def run(self, ready: Callable[[], bool] | None = None) -> None:
        """Blocks until told to stop and everything has stopped. `ready` is asked five times a second until it is true."""
        with self._signals() as woken:
            try:
                while not self.stopping:
                    pause = self._tend()
                    if ready is not None:
                        ready = None if ready() else ready
                        pause = min(pause, 0.2)
                    self._wait(woken, pause)
            finally:
                self._stop(woken)

    def _tend(self) -> float:
        """Starts what has to run; answers the seconds until the next start is due."""
        pauses = [60.0]
        for child in self.children:
            if sentence := child.ended():
                self.say(sentence)
            wait = child.due - time.monotonic()
            if child.process is None and wait <= 0:
                child.start()
            elif child.process is None:
                pauses.append(wait)
        return min(pauses)

    def _stop(self, woken: socket.socket) -> None:
        for child in self.children:
            child.terminate()
        deadline = time.monotonic() + GRACE
        while any(child.runs for child in self.children) and (left := deadline - time.monotonic()) > 0:
            self._wait(woken, left)
        for child in self.children:
            child.kill()

    @contextmanager
    def _signals(self) -> Iterator[socket.socket]:
        """A socket that becomes readable with every signal: waiting on it misses none (signal.set_wakeup_fd).

        The handlers only take note. Anything more may meet a lock that the interrupted code holds (django-q2 #346).
        """

        def stop(signum: int, frame: FrameType | None) -> None:
            self.stopping = True

        def note(signum: int, frame: FrameType | None) -> None:
            pass

        # under nohup, SIGHUP is ignored and stays so
        stopping = [number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, stop) for number in stopping}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, note)
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        descriptor = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            yield reader
        finally:
            signal.set_wakeup_fd(descriptor)
            for number, handler in before.items():
                signal.signal(number, handler)
            reader.close()
            writer.close()

    @staticmethod
    def _wait(woken: socket.socket, seconds: float) -> None:
        if select.select([woken], [], [], max(0.0, seconds))[0]:
            with suppress(BlockingIOError):
                woken.recv(4096)
