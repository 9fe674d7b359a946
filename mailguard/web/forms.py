"""What the forms of a hold send, and what is put into them again when it was not accepted."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from mailguard.lifecycle import Choice

Typing = Annotated[str, StringConstraints(max_length=5000)]
Code = Annotated[str, StringConstraints(max_length=100)]


class ApprovalForm(BaseModel):
    """What the form of an approval sends."""

    revision: int
    csrf: Typing = ""
    reason: Typing = ""
    cap: Typing = ""
    cap_again: Typing = ""
    false_positive: Typing = ""
    code: Code = ""
    checked: Annotated[list[Code], Field(max_length=100)] = []


class ReasonForm(BaseModel):
    """What the form of any other decision sends."""

    revision: int
    csrf: Typing = ""
    reason: Typing = ""
    code: Code = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into a form that was not accepted."""

    choice: Choice | None = None
    reason: str = ""
    cap: str = ""
    code: str = ""
    checked: tuple[str, ...] = ()
