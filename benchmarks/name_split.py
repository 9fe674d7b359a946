"""The sentences of names-in-text, and folds of them: each is judged by weights that have not seen it."""

import json
import random
from pathlib import Path
from typing import Any

_SEED = 4


def sentences(path: Path) -> list[dict[str, Any]]:
    """JSON lines with text and names (spans)."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def folds(count: int, parts: int) -> list[list[int]]:
    """Numbers of sentences, shuffled, in so many parts."""
    order = list(range(count))
    random.Random(_SEED).shuffle(order)
    size = count // parts
    return [order[part * size : (part + 1) * size if part < parts - 1 else count] for part in range(parts)]
