"""The approvers' page, its JSON API, and the health port.

In: a store, the settings of the page, a clock. Out: two ASGI applications. Nothing here opens an attachment, sends
a mail or decides anything: decisions and the second-person rule are the store's, in its transaction.
"""

from mailguard.web.app import create_app
from mailguard.web.health import create_metrics_app

__all__ = ["create_app", "create_metrics_app"]
