"""XML of a document, event by event: no tree, no entity, no file or net, 256 elements deep at most.

In: the bytes of one XML file and a target that takes its events. Out: what is wrong with it, after everything up to there
was given to the target. Office files declare no document type (ECMA-376 part 2 §6.2.5): one that does is not read.
"""

import functools
from collections.abc import Mapping
from typing import Any, Protocol, cast

import lxml.etree

from mailguard.model import ProblemKind

Fault = tuple[ProblemKind, str]

_RESOURCE_LIMIT = 114  # xmlParserErrors: XML_ERR_RESOURCE_LIMIT


class Target(Protocol):
    """Takes the events. Names are `{namespace}local`."""

    def start(self, tag: str, attributes: Mapping[str, str], /) -> None:
        """An element begins."""

    def end(self, tag: str, /) -> None:
        """It ends."""

    def data(self, text: str, /) -> None:
        """Characters, in pieces of any size."""


class _DoctypeError(Exception):
    """The file declares a document type, and so perhaps entities."""


class _Events:
    """Hands the events on; comments and instructions are for programs: to a target that has a `remark` for them."""

    def __init__(self, target: Target) -> None:
        self.start, self.end, self.data = target.start, target.end, target.data
        self._remark = getattr(target, "remark", None)

    def doctype(self, *_: object) -> None:
        raise _DoctypeError

    def comment(self, text: str) -> None:
        if self._remark and text:
            self._remark(text)

    def pi(self, _: str, text: str | None = None) -> None:
        if self._remark and text:
            self._remark(text)

    def close(self) -> None:
        pass


def read(data: bytes, target: Target) -> Fault | None:
    """What is wrong with the file; None when all of it was read. Errors of the target pass through."""
    parser = lxml.etree.XMLParser(
        target=cast("Any", _Events(target)), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        lxml.etree.fromstring(data, parser)
    except _DoctypeError:
        return ProblemKind.DAMAGED, "a document type declaration"
    except lxml.etree.XMLSyntaxError as error:
        if getattr(error, "code", 0) != _RESOURCE_LIMIT:
            return ProblemKind.DAMAGED, "XMLSyntaxError"
        deep = "depth" in (error.msg or "")
        return (ProblemKind.TOO_DEEP, "elements") if deep else (ProblemKind.TOO_BIG, "a name or value")
    except ValueError:
        return ProblemKind.DAMAGED, "ValueError"
    return None


@functools.lru_cache(maxsize=4096)
def local(name: str) -> str:
    """The name without its namespace: strict and transitional files differ in nothing else."""
    return name.rpartition("}")[2]
