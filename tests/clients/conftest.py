"""One service for all clients: each has its own login."""

import pytest
from receiving import Guarded

CLIENTS = ["smtplib", "swaks", "msmtp", "curl", "s-nail", "nodemailer", "phpmailer", "postfix"]


@pytest.fixture(scope="session")
def guarded(tmp_path_factory):
    with Guarded(tmp_path_factory.mktemp("guarded"), CLIENTS) as running:
        yield running
