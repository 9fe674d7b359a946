"""The edge to the bulk-mail tool: an SMTP server in step with the next hop."""

from mailguard.smtp.server import SmtpServer

__all__ = ["SmtpServer"]
