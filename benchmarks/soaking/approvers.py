"""The two approvers at work through the API: they decide each hold as its mailing wants it, some time after it began."""

import asyncio
import random
from typing import Any

from guard import Guard

from soaking.traffic import Fate

CAP = 1_000_000
ROUND_SECONDS = 2


class Approvers:
    """`holds`: what each hold's mailing wants, filled by the clients. approved: holds that both approved."""

    def __init__(self, guard: Guard, holds: dict[str, Fate], seed: int) -> None:
        self._guard, self._holds = guard, holds
        self._rng = random.Random(seed)
        self._tokens: dict[str, str] = {}
        self.approved: set[str] = set()
        self.rejected: set[str] = set()
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        """Until `stopping`."""
        while not self.stopping.is_set():
            await asyncio.to_thread(self.round, 0.4)
            try:
                await asyncio.wait_for(self.stopping.wait(), ROUND_SECONDS)
            except TimeoutError:
                continue

    def round(self, share: float = 1) -> int:
        """Look once, and decide about `share` of what waits; how many still want a decision."""
        left = 0
        for hold in self.all_holds("pending"):
            fate = self._holds.get(hold["id"], Fate.WAIT)
            if fate in {Fate.APPROVE, Fate.REJECT}:
                left += not (self._rng.random() < share and self._decide(hold, fate))
        return left

    def all_holds(self, state: str = "") -> list[dict[str, Any]]:
        """Every hold, or those of a state; nothing when the service does not answer."""
        found: list[dict[str, Any]] = []
        while True:
            wish = f"&state={state}" if state else ""
            _, answer = self._ask("sato", "GET", f"/api/holds?limit=200&offset={len(found)}{wish}")
            rows = (answer or {}).get("holds", [])
            found += rows
            if len(rows) < 200:
                return found

    def one(self, hold_id: str) -> dict[str, Any]:
        """The hold with its progress; empty when the service does not answer."""
        status, answer = self._ask("sato", "GET", f"/api/holds/{hold_id}")
        return dict(answer) if status == 200 else {}

    def _decide(self, hold: dict[str, Any], fate: Fate) -> bool:
        """An undeclared source needs two different approvers; one is enough to reject."""
        people = ("sato", "suzuki") if fate is Fate.APPROVE else ("suzuki",)
        body: dict[str, object] = {"choice": fate.value, "reason": "確認しました"}
        if fate is Fate.APPROVE:
            body["cap"] = CAP
        state = ""
        for person in people:
            now = self.one(hold["id"])
            if not now:
                return False
            _, answer = self._ask(
                person, "POST", f"/api/holds/{hold['id']}/decision", body | {"revision": now["revision"]}
            )
            state = (answer or {}).get("state", "")
        if state == "approved":
            self.approved.add(hold["id"])
        if state == "rejected":
            self.rejected.add(hold["id"])
        return state in {"approved", "rejected"}

    def _ask(self, person: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
        token = self._tokens.get(person) or self._guard.login(person)
        self._tokens[person] = token
        status, answer = self._guard.api(method, path, token, body)
        if status == 401:
            self._tokens.pop(person)
        return status, answer
