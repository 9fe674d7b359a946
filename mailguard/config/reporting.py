"""The table of the configuration file about reports of a leak (漏えい等報告); the text on a field is its documentation."""

from typing import Literal, Self

from pydantic import Field, model_validator

from mailguard.config.sections import Section


class Receiver(Section):
    """Who gets a report. kind: commission and client have deadlines by law.

    persons: it is told from so many persons on, whatever the grounds (PrivacyMark: 1); 0: when a ground of the law is met.
    """

    id: str = Field(pattern="^[a-z][a-z0-9_-]{0,39}$")
    name: str = Field(min_length=1, max_length=200)
    kind: Literal["commission", "client", "other"] = "other"
    address: tuple[str, ...] = ()
    persons: int = Field(0, ge=0)


COMMISSION = Receiver(id="commission", name="個人情報保護委員会", kind="commission")


class ReportSection(Section):
    """Drafts of reports of a leak (mailguard report draft). From how many persons on: [report] of the policy file."""

    organisation: str = Field("", description="your organisation, as it reports")
    responsible: str = Field("", description="the person responsible for personal data, with department and title")
    contact: str = Field("", description="where the persons concerned can ask: department, telephone, e-mail")
    outsourcer: bool = Field(
        default=False,
        description="the data are a client's, and the client is told in place of the commission; needs a receiver of kind client",
    )
    public_body: bool = Field(default=False, description="a public body: more than 100 persons are a ground (法68条)")
    receivers: tuple[Receiver, ...] = Field(
        (COMMISSION,),
        min_length=1,
        description="who is told: kind commission | client | other, address in lines, persons: told from so many on, 0: by law",
    )

    @model_validator(mode="after")
    def _receivers_fit(self) -> Self:
        ids = [receiver.id for receiver in self.receivers]
        if len(ids) > len(set(ids)):
            raise ValueError("two receivers have the same id")
        if self.outsourcer and all(receiver.kind != "client" for receiver in self.receivers):
            raise ValueError('outsourcer needs a receiver with kind = "client"')
        return self
