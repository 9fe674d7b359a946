"""Running text: MB/s of CPU time (one core, UTF-8), names alone and all kinds, on text met for the first time and again.

    OPENBLAS_NUM_THREADS=1 python benchmarks/bench_text.py [--kilobytes 300] [--data DIR]

All texts are made up from a seed; --data adds its sentences and novels. Each figure is of a process of its own, forked with the
dictionaries loaded, as a scanner is. "again" remembers words, but no text, line or paragraph; "mail" is the body of a mail with all memories.
"""

import argparse
import base64
import gc
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import clean_bodies
from clean_words import companies, persons

from mailguard.detect import kinds, line_names, ruleset
from mailguard.detect.folding import fold
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import BODY, Text

Texts = Sequence[str]
_BODIES = (
    clean_bodies.newsletter, clean_bodies.greeted, clean_bodies.seminar, clean_bodies.letter, clean_bodies.minutes,
    clean_bodies.order, clean_bodies.booking,
)  # fmt: skip
_LOG = ["ログインしました", "ファイルを保存しました", "接続がタイムアウトしました", "在庫数を更新しました", "決済処理が完了しました", "再試行します", "画像の変換に失敗しました"]  # fmt: skip
_WARES = ["耐久性", "ステンレス", "木製", "北欧", "収納", "ラック", "三段", "折りたたみ", "テーブル", "国産", "防水", "軽量", "LED照明", "マグカップ", "500ml", "伸縮", "レザー", "トート", "メンズ"]  # fmt: skip
_ENGLISH = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "that",
    "for",
    "it",
    "as",
    "was",
    "with",
    "be",
    "by",
    "on",
    "not",
    "this",
    "have",
    "from",
    "they",
    "which",
    "one",
    "you",
    "were",
    "her",
    "all",
    "she",
    "there",
    "would",
    "their",
]


def newsletters(rng: Random) -> Iterator[str]:
    """Bodies that are all different."""
    firms, people = companies(4, 40), persons(11, 600)
    while True:
        yield rng.choice(_BODIES)(rng, rng.choice(firms), rng.choice(people))[1]


def mailing(rng: Random) -> Iterator[str]:
    """One body, other greetings."""
    body = clean_bodies.newsletter(rng, companies(4, 1)[0], persons(1, 1)[0])[1]
    for home in itertools.cycle(persons(77, 600)):
        yield f"{home.guardian.name} 様\n\n{body}"


def logs(rng: Random) -> Iterator[str]:
    """Lines of a log."""
    while True:
        day, minute = rng.randrange(1, 29), rng.randrange(60)
        yield f"2025-04-{day:02d} 10:{minute:02d}:00 [警告] 決済: {rng.choice(_LOG)}。セッション={rng.getrandbits(32):08x} 件数={rng.randrange(500)}\n"


def products(rng: Random) -> Iterator[str]:
    """Lines of a list of products."""
    while True:
        yield f"{''.join(rng.sample(_WARES, 4))} 送料無料 {rng.randrange(99_999):,}円(税込) 品番 AB-{rng.randrange(10_000)} {''.join(rng.sample(_WARES, 3))}。\n"


def english(rng: Random) -> Iterator[str]:
    """Sentences of common words."""
    while True:
        yield " ".join(rng.choices(_ENGLISH, k=15)).capitalize() + rng.choice([". ", ".\n", ".\n\n"])


def encoded(rng: Random) -> Iterator[str]:
    """Base64."""
    while True:
        yield base64.encodebytes(rng.randbytes(57)).decode()


def cut(pieces: Iterator[str], size: int, each: int) -> Texts:
    """Texts of some bytes each, of so many bytes together."""
    texts: list[str] = []
    while size > 0:
        text = ""
        while len(text.encode()) < min(each, size) and (piece := next(pieces, None)) is not None:
            text += piece
        if not text:
            break
        texts.append(text)
        size -= len(text.encode())
    return texts


def cases(size: int, data: Path | None) -> Iterator[tuple[str, Texts]]:
    """Name and texts."""
    if data is not None:
        lines = (data / "names-in-text" / "sentences.jsonl").read_text("utf-8").splitlines()
        sentences = [str(json.loads(line)["text"]) for line in lines]
        for each in (1, 800, 4_000, 60_000):
            yield f"sentences, {each if each > 1 else 'single'}", cut(iter(sentences), 10**9, each)
        novels = (path.read_bytes().decode("cp932", "replace") for path in sorted((data / "prose").glob("*ruby*.txt")))
        yield "novels", list(novels)
    yield "newsletters", cut(newsletters(Random(4)), size, 1)
    yield "one mailing", cut(mailing(Random(9)), size, 1)
    yield "log lines", cut(logs(Random(3)), size, size)
    yield "product list", cut(products(Random(4)), size, size)
    sources = (path.read_text("utf-8") for path in sorted(Path(kinds.__file__).parent.glob("*.py")))
    yield "source code", cut(sources, size, size)
    yield "English", cut(english(Random(5)), size, size)
    yield "base64", cut(encoded(Random(6)), size, size)


def seconds(read: Callable[[str], object], texts: Texts, runs: int) -> list[float]:
    """Of each run, in a forked process."""
    receive, send = os.pipe()
    child = os.fork()
    if not child:
        taken = []
        for _ in range(runs):
            begin = time.process_time()
            for text in texts:
                read(text[:1] + text[1:])  # another object: the same one would be known without a look
            taken.append(time.process_time() - begin)
        os.write(send, json.dumps(taken).encode())
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as told:
        found: list[float] = json.load(told)
    os.waitpid(child, 0)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kilobytes", type=int, default=300, help="of each made-up case")
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    rules, digester = ruleset.load(ruleset.shipped_dir()), Digester(os.urandom(32))
    detector = Detector(rules, digester)
    line_names.MEMORY = 0
    forgetful, names = Detector(rules, digester, memory=0), kinds.build(rules).name
    gc.freeze()
    gc.set_threshold(1_000_000)
    print(f"{'MB/s of CPU time':20}{'MB':>6}{'names':>8}{'again':>8}{'all':>8}{'again':>8}{'mail':>8}{'again':>8}")
    for name, texts in cases(options.kilobytes * 1000, options.data):
        size = sum(len(text.encode()) for text in texts) / 1e6
        line = f"{name:20}{size:6.2f}"
        for read in (
            lambda text: sum(1 for _ in names.find(fold(text).text)),
            lambda text: forgetful.text(Text((BODY,), text), b""),
            lambda text: detector.text(Text((BODY,), text), b""),
        ):
            first, *more = seconds(read, texts, 3)
            line += f"{size / first:8.2f}{size / min(more):8.2f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
