"""Python's smtplib, as scripts use it."""

import smtplib
import ssl

from client import Client, Sent
from letters import Kind


class TestSmtplib(Client):
    name = "smtplib"
    program = "Python"
    untrusted = "CERTIFICATE_VERIFY_FAILED"

    def available(self) -> bool:
        return True

    def send(self, door, mail, folder) -> Sent:
        context = ssl.create_default_context(cafile=door.authority)
        content = mail.composed
        options = ["SMTPUTF8", "BODY=8BITMIME"] if mail.kind is Kind.UTF8_ADDRESS else ["BODY=8BITMIME"]
        try:
            with self._connected(door, context) as smtp:
                if door.tls == "starttls":
                    smtp.starttls(context=context)
                if door.login:
                    self._log_in(smtp, door)
                smtp.sendmail(mail.sender, mail.recipient, content, options)
        except (smtplib.SMTPException, OSError) as error:
            return Sent(False, str(error))
        return Sent(True, "", content)

    def _connected(self, door, context):
        if door.tls == "implicit":
            return smtplib.SMTP_SSL(door.host, door.port, context=context, timeout=60)
        return smtplib.SMTP(door.host, door.port, timeout=60)

    def _log_in(self, smtp, door):
        smtp.ehlo()
        smtp.user, smtp.password = door.login, door.password
        smtp.auth(door.mechanism, {"PLAIN": smtp.auth_plain, "LOGIN": smtp.auth_login}[door.mechanism])
