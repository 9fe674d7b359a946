"""mailguard release: stop all releases, and start them again. There is no "send" here: a shell is no second person."""

import argparse

from mailguard.cli.commands import COMMANDS
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, nested, takes_config, verb
from mailguard.store.audit import CLI
from mailguard.store.views import Pause


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "release", COMMANDS["release"])
    pause = verb(
        actions,
        "pause",
        "Send nothing more that was approved, until resumed.",
        'mailguard release pause --reason "relay is being moved"',
    )
    pause.add_argument("--reason", required=True, help="shown on the page and kept")
    pause.set_defaults(run=_pause)
    resume = verb(actions, "resume", "Go on sending.", "mailguard release resume")
    resume.set_defaults(run=_resume)
    status = verb(actions, "status", "Say whether releases are paused, and what waits.", "mailguard release status")
    status.set_defaults(run=_status)
    for parser in (pause, resume, status):
        takes_config(parser)


def _pause(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        store.switch.pause(CLI, arguments.reason)
    print("paused")
    return 0


def _resume(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        store.switch.resume(CLI)
    print("resumed")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    """Exit code 0 in both states: asking is no failure."""
    with store_of(arguments) as store:
        pause, waiting = store.switch.state(), store.releases.open_count()
    print(_line(pause) if pause else "running")
    print(f"送信待ち 通数 {waiting:,}通")
    return 0


def _line(pause: Pause) -> str:
    return f"paused since {pause.at:%Y-%m-%d %H:%M} UTC by {pause.name}: {pause.reason}"
