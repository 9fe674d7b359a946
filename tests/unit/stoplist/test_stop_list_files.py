"""Entries, scopes and files of the stop list; all names are made up."""

import pytest

from mailguard.digest import Digester
from mailguard.errors import ConfigError
from mailguard.stoplist import Scope, Sender, StopList, keys_of, read

KEY = Digester(b"k" * 32)
SHOP = Sender(frozenset({"mailer"}), declared=True, from_domains=frozenset({"shop.example"}))


def listed(text, recipient, sender=SHOP, *, in_doubt=False, never=()):
    data = text if isinstance(text, bytes) else text.encode()
    found = StopList(tuple(read("stop.csv", data, KEY)), frozenset(never))
    return found.names(keys_of(recipient, KEY), sender, in_doubt=in_doubt)


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("taro@example.com", True),
        ("TARO@Example.COM", True),
        ('"taro"@example.com', True),
        ("@relay.example:taro@example.com", True),
        ("taro@example.com.", True),
        ("taro@sub.example.com", False),
        ("jiro@example.com", False),
        ("anyone@quit.example", True),
        ("anyone@sub.quit.example", False),
        ("anyone@deep.sub.below.example", True),
        ("anyone@below.example", True),
        ("anyone@xn--r8jz45g.jp", True),
        ("", False),
        ("\udcff@", False),
    ],
)
def test_addresses_domains_and_what_is_below(recipient, expected):
    text = "address,domain\ntaro@example.com,\n,quit.example\n,.below.example\n,例え.jp\n"
    assert listed(text, recipient) is expected


@pytest.mark.parametrize(
    "data",
    [
        "メールアドレス,理由\r\ntaro@example.com,本人の申し出\r\n".encode("cp932"),
        "\ufeffaddress\ntaro@example.com\n".encode(),
        b'reason,address,since\n"two\nlines",taro@example.com,2026-11-21\n\n',
    ],
)
def test_files_as_spreadsheets_write_them(data):
    assert listed(data, "taro@example.com")


@pytest.mark.parametrize(
    ("source", "from_domain", "sender", "expected"),
    [
        ("mailer", "", SHOP, True),
        ("other", "", SHOP, False),
        ("other;mailer", "", SHOP, True),
        ("!mailer", "", SHOP, False),
        ("!invoices", "", SHOP, True),
        ("", "shop.example", SHOP, True),
        ("", "SISTER.example", SHOP, False),
        ("", "!shop.example", SHOP, False),
        # Nothing vouches for a claim: it makes the mail meant, and never spares it.
        ("mailer", "", Sender(frozenset({"mailer"}), declared=False, from_domains=frozenset()), True),
        ("!mailer", "", Sender(frozenset({"mailer"}), declared=False, from_domains=frozenset()), True),
        # Before the header is here.
        ("", "shop.example", Sender(frozenset({"mailer"}), declared=True), None),
        ("other", "shop.example", Sender(frozenset({"mailer"}), declared=True), False),
        ("mailer", "", Sender(frozenset(), declared=False), None),
    ],
)
def test_scopes(source, from_domain, sender, expected):
    assert Scope.of(source, from_domain).covers(sender) is expected
    text = f"address,source,from_domain\ntaro@example.com,{source},{from_domain}\n"
    assert listed(text, "taro@example.com", sender) is (expected is True)
    assert listed(text, "taro@example.com", sender, in_doubt=True) is (expected is not False)


def test_a_source_that_the_list_never_stops():
    assert not listed("address\ntaro@example.com\n", "taro@example.com", never=["mailer"])
    claim = Sender(frozenset({"mailer"}), declared=False)
    assert listed("address\ntaro@example.com\n", "taro@example.com", claim, never=["mailer"])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "stop.csv: empty"),
        (b"name\ntaro\n", "stop.csv:1: heading 1 is not known"),
        (b"address,form_domain\n", "stop.csv:1: heading 2 is not known"),
        (b"address,email\n", "stop.csv:1: two headings mean the same"),
        (b"reason\nx\n", "stop.csv:1: no heading says address or domain"),
        (b"address\na@b.example\ntaro\n", "stop.csv:3: what stands under address is no e-mail address"),
        (b"domain\nlocalhost\n", "stop.csv:2: what stands under domain is no mail domain"),
        (b"address,domain\na@b.example,b.example\n", "stop.csv:2: an entry names an address or a domain"),
        (b"address,reason\n,x\n", "stop.csv:2: an entry names an address or a domain"),
        (b"address\na@b.example,x\n", "stop.csv:2: more cells than headings"),
        (b'address\n"a@b.example\n', "not valid CSV"),
        (b"address\n\x81\x0a", "neither UTF-8 nor CP932"),
    ],
)
def test_a_bad_file_gets_one_clear_error_without_its_data(data, said):
    with pytest.raises(ConfigError) as error:
        read("stop.csv", data, KEY)
    assert said in str(error.value)
    assert "taro" not in str(error.value)
    assert "a@b" not in str(error.value)


def test_nothing_keeps_an_address():
    [block] = read("stop.csv", b"address\ntaro@example.com\njiro@example.com\ntaro@example.com\n", KEY)
    assert len(block) == 2
    assert b"taro" not in block.data
