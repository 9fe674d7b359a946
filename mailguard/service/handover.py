"""A configuration on its way from the service to one of its SMTP processes, with its secrets, through a pipe.

In: a Config. Out: one line of JSON, and the reverse. Never on a command line and never in an environment, where others
of the same machine may read it.
"""

import json
import os
import sys
from typing import Any

from pydantic import BaseModel, SecretStr

from mailguard.config import Config
from mailguard.config.whole import PREFIX


def pack(config: Config, process: int, loop: str) -> bytes:
    """One line; `process` is its number, `loop` the event loop to run on."""
    return json.dumps({"process": process, "loop": loop, "config": _plain(config)}).encode() + b"\n"


def unpack(line: bytes) -> tuple[Config, int, str]:
    """Config, number and loop of a line."""
    order = json.loads(line)
    return Config(**order["config"]), int(order["process"]), str(order["loop"])


def environment() -> dict[str, str]:
    """Ours without settings (they come by the pipe) and without what systemd told us alone; the same modules."""
    own = {key: value for key, value in os.environ.items() if not key.upper().startswith(PREFIX)}
    for key in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        own.pop(key, None)
    own["PYTHONPATH"] = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)  # noqa: PTH100 - "" means the current folder
    return own


def share(config: Config, listen: str, tls_listen: str, hostname: str) -> Config:
    """What one of `smtp.workers` processes works with: its part of the memory, and room for the biggest message."""
    smtp = config.smtp
    part = max(smtp.max_message_bytes, smtp.max_inflight_bytes // smtp.workers)
    changed = {
        "listen": listen,
        "tls_listen": tls_listen,
        "hostname": hostname,
        "max_inflight_bytes": part,
    }
    return config.model_copy(update={"smtp": smtp.model_copy(update=changed)})


def _plain(model: BaseModel) -> dict[str, Any]:
    """`model_dump`, but secrets are told."""
    plain = model.model_dump(mode="json")
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            plain[name] = value.get_secret_value()
        elif isinstance(value, BaseModel):
            plain[name] = _plain(value)
    return plain
