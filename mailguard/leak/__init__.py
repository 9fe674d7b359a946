"""Drafts of a report of a leak (漏えい等報告), of the letter to the persons concerned, or of the proof that nothing left.

In: what the record knows of holds. Out: Japanese text for people to complete. Facts and dates come from the record; what
only people know says 「(記入)」. Nothing here is legal advice, and nothing is sent. No clear-text personal data: masks.
"""

from mailguard.leak.case import Case, Mailing
from mailguard.leak.documents import documents
from mailguard.leak.gathering import Wish, gathered
from mailguard.leak.paper import FORMATS, STYLE, Document, written

__all__ = ["FORMATS", "STYLE", "Case", "Document", "Mailing", "Wish", "documents", "gathered", "written"]
