"""A stop list as a CSV file, as tools and spreadsheets write them.

In: the bytes of a file with a line of headings: address and/or domain, source, from_domain, reason, since (or 宛先, ドメイン,
送信システム, 差出人ドメイン, 理由, 登録日); UTF-8 or CP932. Out: blocks of keyed digests. reason and since are for people and are not kept.
Raises ConfigError with file, line, fact and remedy; never an address. A heading that is not known is an error: one
letter too many in "source" would make an entry mean everybody.
"""

import csv
import io
from collections.abc import Iterator, Mapping

from mailguard.digest import Digester
from mailguard.errors import ConfigError
from mailguard.stoplist.entry import address_key, domain_key
from mailguard.stoplist.listing import Block
from mailguard.stoplist.scope import Scope

COLUMNS = {
    "address": "address", "email": "address", "宛先": "address", "メールアドレス": "address",
    "domain": "domain", "ドメイン": "domain",
    "source": "source", "送信システム": "source",
    "from_domain": "from_domain", "差出人ドメイン": "from_domain",
    "reason": "reason", "理由": "reason",
    "since": "since", "登録日": "since",
}  # fmt: skip
_REMEDY = "Name the columns address, domain, source, from_domain, reason, since; address or domain is needed."


def read(name: str, data: bytes, digester: Digester) -> list[Block]:
    """The entries of a file by scope; `name` is how errors call it. Raises ConfigError."""
    scopes: dict[tuple[str, str], list[bytes]] = {}
    for line, row in _rows(name, _text(name, data)):
        try:
            key = _key(row, digester)
        except ValueError as error:
            raise ConfigError(f"{name}:{line}: {error}. Correct or remove that line.") from None
        scopes.setdefault((row.get("source", ""), row.get("from_domain", "")), []).append(key)
    return [Block.of(Scope.of(*texts), keys) for texts, keys in scopes.items()]


def _key(row: Mapping[str, str], digester: Digester) -> bytes:
    address, domain = row.get("address", ""), row.get("domain", "")
    if bool(address) == bool(domain):
        raise ValueError("an entry names an address or a domain, and one of them only")
    if address:
        try:
            return address_key(address, digester)
        except ValueError as error:
            raise ValueError(f"what stands under address {error}") from None
    try:
        return domain_key(domain, digester)
    except ValueError as error:
        raise ValueError(f"what stands under domain {error}") from None


def _text(name: str, data: bytes) -> str:
    for charset in ("utf-8-sig", "cp932"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    raise ConfigError(f"{name}: neither UTF-8 nor CP932. Save it as CSV in UTF-8.")


def _rows(name: str, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line numbers and rows by heading, in the order of the file; empty lines are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] = []
    try:
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if not any(values):
                continue
            if not columns:
                columns = _columns(name, reader.line_num, values)
            elif len(values) > len(columns) and any(values[len(columns) :]):
                raise ConfigError(f"{name}:{reader.line_num}: more cells than headings. Correct or remove that line.")
            else:
                yield reader.line_num, dict(zip(columns, values, strict=False))
    except csv.Error as error:
        raise ConfigError(f"{name}:{reader.line_num}: not valid CSV ({error}). Correct that line.") from None
    if not columns:
        raise ConfigError(f"{name}: empty. {_REMEDY}")


def _columns(name: str, line: int, headings: list[str]) -> list[str]:
    found = [COLUMNS.get(heading.lower(), "") for heading in headings]
    if "" in found:
        raise ConfigError(f"{name}:{line}: heading {found.index('') + 1} is not known. {_REMEDY}")
    if len(set(found)) < len(found):
        raise ConfigError(f"{name}:{line}: two headings mean the same. {_REMEDY}")
    if not {"address", "domain"} & set(found):
        raise ConfigError(f"{name}:{line}: no heading says address or domain. {_REMEDY}")
    return found
