"""The service that kills itself (SIGKILL) at one point of a message's way: `python crashing.py FILE serve --config …`.

FILE names the point armed at the moment; nothing in it, no crash. A point is "module:Class.method moment": before or
after the call, or commit: inside it, right before the database commits. Functions are wrapped from outside; the service
itself knows nothing of this.
"""

import functools
import importlib
import inspect
import os
import signal
import sys
import threading
from pathlib import Path

from sqlalchemy import Engine, event

MAY_REPEAT = {  # taken, and nobody wrote it down or heard of it: sent again (RFC 5321 §6.1, RFC 1047)
    "mailguard.store.admissions:Admissions.admit_all after",
    "mailguard.release.attempt:Attempt.run after",
    "mailguard.relay.next_hop:Transaction.data after",
    "mailguard.pipeline:Pipeline.deliver after",
    "mailguard.store.releases:Releases.record before",
    "mailguard.store.releases:Releases.record commit",
    "mailguard.store.reservations:Reservations.confirm before",
    "mailguard.store.reservations:Reservations.confirm commit",
    "mailguard.store.reservations:Reservations.confirm after",
}
TAKING = (
    # a clean message
    "mailguard.relay.next_hop:NextHop.begin before",
    "mailguard.relay.next_hop:NextHop.begin after",
    "mailguard.smtp.session:Session._message after",
    "mailguard.pipeline:Pipeline.deliver before",
    "mailguard.pipeline:Pipeline._cut after",
    "mailguard.inspect.client:Inspector.mail before",
    "mailguard.inspect.client:Inspector.mail after",
    "mailguard.assessment:Assessor.source after",
    "mailguard.assessment:Assessor.assess after",
    "mailguard.relay.next_hop:Transaction.data before",
    "mailguard.relay.next_hop:Transaction.data after",
    "mailguard.pipeline:Pipeline.deliver after",
    # a held one
    "mailguard.store.reservations:Reservations.reserve_all after",
    "mailguard.relay.next_hop:Transaction.reset before",
    "mailguard.relay.next_hop:Transaction.reset after",
    "mailguard.store.admissions:Admissions.admit_all before",
    "mailguard.store.admissions:Admissions.admit_all commit",
    "mailguard.store.admissions:Admissions.admit_all after",
)
SENDING = (
    # the decision
    "mailguard.store.decisions:Decisions.decide before",
    "mailguard.store.decisions:Decisions.decide commit",
    "mailguard.store.decisions:Decisions.decide after",
    # its release
    "mailguard.store.releases:Releases.claim commit",
    "mailguard.store.releases:Releases.claim after",
    "mailguard.release.attempt:Attempt._name after",
    "mailguard.store.releases:Releases.clearance after",
    "mailguard.release.attempt:Attempt.run after",
    "mailguard.store.releases:Releases.record before",
    "mailguard.store.releases:Releases.record commit",
    "mailguard.store.releases:Releases.record after",
    # one more of the same, under the approval
    "mailguard.store.reservations:Reservations._take after",
    "mailguard.store.reservations:Reservations.confirm before",
    "mailguard.store.reservations:Reservations.confirm commit",
    "mailguard.store.reservations:Reservations.confirm after",
)
POINTS = (*TAKING, *SENDING)


MAY_FIND_NOTHING = {"claim", "reserve_all"}  # an answer without a message is no point on any message's way


def die_if_armed(point):
    if Path(sys.argv[1]).read_text() == point:
        os.kill(os.getpid(), signal.SIGKILL)


def crash_at(point: str) -> None:
    """Wrap the function that `point` names."""
    place, moment = point.rsplit(" ", 1)
    module, _, path = place.partition(":")
    owner = importlib.import_module(module)
    *classes, name = path.split(".")
    for part in classes:
        owner = getattr(owner, part)
    original = getattr(owner, name)
    wrap = around_task if inspect.iscoroutinefunction(original) else around_call
    setattr(owner, name, wrap(original, moment, point))


def around_task(original, moment, point):
    @functools.wraps(original)
    async def wrapped(*args, **kwargs):
        if moment == "before":
            die_if_armed(point)
        answer = await original(*args, **kwargs)
        if moment == "after":
            die_if_armed(point)
        return answer

    return wrapped


def around_call(original, moment, point):
    inside = threading.local()

    def committing(connection):
        if getattr(inside, "yes", False) and connection.get_execution_options().get("writes"):
            die_if_armed(point)

    if moment == "commit":
        event.listen(Engine, "commit", committing)

    @functools.wraps(original)
    def wrapped(*args, **kwargs):
        if moment == "before":
            die_if_armed(point)
        inside.yes = True
        try:
            answer = original(*args, **kwargs)
        finally:
            inside.yes = False
        empty = answer is None or answer == [None]
        if moment == "after" and not (empty and original.__name__ in MAY_FIND_NOTHING):
            die_if_armed(point)
        return answer

    return wrapped


if __name__ == "__main__":
    from mailguard.cli import main

    for name in POINTS:
        crash_at(name)
    sys.exit(main(sys.argv[2:]))
