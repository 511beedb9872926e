"""How `manage.py studio` runs gunicorn: one process, eight threads, quiet; it ends when the studio is gone."""

import os
import signal
import threading
import time
from typing import Any

worker_class = "gthread"
workers = 1
threads = 8
graceful_timeout = 4  # seconds that a request under way has when the studio stops
loglevel = "warning"
control_socket_disable = True

STUDIO = os.getppid()


def when_ready(server: Any) -> None:
    """Called once in the main process: without the studio nobody would stop it, and it would keep the port."""

    def watch() -> None:
        while os.getppid() == STUDIO:
            time.sleep(0.5)
        os.kill(server.pid, signal.SIGTERM)

    threading.Thread(target=watch, name="die-with-studio", daemon=True).start()
