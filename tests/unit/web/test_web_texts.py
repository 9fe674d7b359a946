import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailguard import lifecycle, web
from mailguard.lifecycle import MessageState, RecipientState
from mailguard.model import BODY, HEADERS, HTML, MAIL, UNNAMED, Kind, ProblemKind
from mailguard.presets import Preset
from mailguard.store import decisions, lateness, let_through, part_views, public_contacts, reach, stops, switch
from mailguard.store.public_contacts import ContactState
from mailguard.web import deciding, show
from mailguard.web.texts import CATALOGUES, Texts, preferred
from mailguard.web.texts.en import TEXTS as EN
from mailguard.web.texts.ja import TEXTS as JA


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_fields():
    assert JA.keys() == EN.keys()
    assert {key for key in JA if fields(JA[key]) != fields(EN[key])} == set()


@pytest.mark.parametrize("language", CATALOGUES)
def test_everything_that_has_a_code_has_words(language):
    texts = CATALOGUES[language]
    codes = {
        "kind": Kind,
        "problem": ProblemKind,
        "explain": ProblemKind,
        "state": lifecycle.HoldState,
        "message": MessageState,
        "recipient": RecipientState,
        "choice": lifecycle.Choice,
        "opened": show.OPENED,
        "preset": Preset,
        "contact": ContactState,
        "look": part_views.Look,
        "part": (BODY, HTML, HEADERS, UNNAMED, MAIL),
        "refused": (
            *decisions.WHY,
            *public_contacts.WHY,
            *part_views.WHY,
            *lateness.WHY,
            *switch.WHY,
            *stops.WHY,
            *let_through.WHY,
            *reach.WHY,
            "throttled",
            *deciding.INPUT,
        ),
    }
    missing = [
        f"{group}.{code}" for group, all_codes in codes.items() for code in all_codes if f"{group}.{code}" not in texts
    ]
    assert missing == []


def test_no_text_is_unused():
    sources = "".join(
        path.read_text()
        for path in Path(web.__file__).parent.rglob("*")
        if path.suffix in {".py", ".html"} and path.parent.name != "texts"
    )
    groups = (
        "kind.",
        "opened.",
        "problem.",
        "explain.",
        "state.",
        "message.",
        "recipient.",
        "choice.",
        "preset.",
        "contact.",
        "look.",
        "part.",
        "refused.",
        "reason.",
        "role.",
        "trouble.",
        "size.",
        "done.",
        "count.",
        "action.",
        "actor.",
        "stops.scope.",
    )
    unused = [
        key
        for key in JA
        if not key.startswith(groups)
        and f'"{key}"' not in sources
        and f'"{key.removesuffix(".alone")}"' not in sources
        and f'"{key.removesuffix(".one")}"' not in sources
    ]
    assert unused == []


@pytest.mark.parametrize(
    "word", ["隔離", "ブロック", "拒否", "配達", "リリース", "キャンペーン", "ホワイトリスト", "件数"]
)
def test_words_that_the_glossary_rules_out_do_not_occur(word):
    assert [key for key, text in JA.items() if word in text] == []


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "ja"),
        ("en", "en"),
        ("ja,en;q=0.9", "ja"),
        ("de,en-GB;q=0.7,ja;q=0.6", "en"),
        ("en;q=0", "ja"),
        ("*", "ja"),
        (";;q=,", "ja"),
    ],
)
def test_the_best_language_wins(accept, language):
    assert preferred(accept) == language


def test_one_is_singular_in_english():
    assert Texts("en").count("count.persons", 1) == "1 person"
    assert Texts("en").count("count.persons", 1001) == "1,001 persons"


def test_times_are_japans():
    assert show.when(Texts("ja"), datetime(2026, 11, 15, 15, 30, tzinfo=UTC)) == "2026年11月16日 00:30"


def test_a_bar_is_filled_exactly():
    bar = show.bar(
        {RecipientState.ACCEPTED: 31, RecipientState.WAITING: 7, RecipientState.REFUSED: 2}, show.RECIPIENT_ORDER
    )
    assert [(part.state, part.start, part.width) for part in bar] == [
        ("accepted", 0, 77.5),
        ("refused", 77.5, 5.0),
        ("waiting", 82.5, 17.5),
    ]
    assert show.bar({RecipientState.ACCEPTED: 0}, show.RECIPIENT_ORDER) == []


@pytest.mark.parametrize(
    ("messages", "state"),
    [
        ({MessageState.RELEASED: 3}, MessageState.RELEASED),
        ({MessageState.RELEASED: 3, MessageState.FAILED: 1}, MessageState.PARTLY),
        ({MessageState.FAILED: 1}, MessageState.FAILED),
        ({MessageState.PARTLY: 1}, MessageState.PARTLY),
        ({MessageState.RELEASED: 3, MessageState.HELD: 1}, MessageState.RELEASING),
    ],
)
def test_one_word_tells_how_the_release_stands(messages, state):
    assert show.release_state(messages) is state
