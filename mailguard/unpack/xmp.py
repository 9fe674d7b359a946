"""What XMP metadata says of a file (ISO 16684-1): titles, descriptions, keywords, captions.

In: the XML of a packet. Out: its words. Who made the file, with which program and when is not read, as in other documents.
"""

from collections.abc import Iterator

import lxml.etree

_NOT_READ = frozenset(["creator", "creatortool", "producer", "author", "authors", "lastmodifiedby", "history", "derivedfrom", "ingredients", "pantry", "manifest", "thumbnails", "format", "swatchgroups", "fonts", "trapped", "conformance", "part", "rendition", "parsetype", "about", "lang", "xmptk"])  # fmt: skip
_ENDS = ("date", "id", "version", "time", "digest")
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def words(data: bytes) -> Iterator[str]:
    """Every text and attribute that may be writing. A packet that is no XML has none."""
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, recover=True, remove_comments=True)
    try:
        root = lxml.etree.fromstring(data.strip(b"\0 \r\n\t"), parser)
    except (lxml.etree.LxmlError, ValueError):
        return
    work = [] if root is None else [root]
    while work:
        element = work.pop()
        if not isinstance(element.tag, str) or _skipped(element.tag):
            continue
        for name, value in ((str(name), str(value)) for name, value in element.attrib.items()):
            if not _skipped(name) and value.strip():
                yield value.strip()
        if element.text and element.text.strip():
            yield element.text.strip()
        work += reversed(element)


def _skipped(tag: str) -> bool:
    name = tag.rpartition("}")[2].rpartition(":")[2].lower()  # a prefix stays where it was never bound
    return name in _NOT_READ or (name.endswith(_ENDS) and not tag.startswith(f"{{{_RDF}}}"))
