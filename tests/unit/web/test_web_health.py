import asgi_client
import pytest

from mailguard import metrics
from mailguard.errors import StoreError
from mailguard.web import create_metrics_app


def client(ready=None, refresh=lambda: None):
    return asgi_client.client(create_metrics_app(lambda: ready or {"smtp": True}, refresh), "http://127.0.0.1:9464")


def test_metrics_are_refreshed_first():
    answer = client(refresh=lambda: metrics.HOLDS_PENDING.set(7)).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "mailguard_holds_pending 7.0" in answer.text


def test_metrics_are_served_while_the_store_is_away():
    def away():
        raise StoreError("away")

    assert "mailguard_holds_pending" in client(refresh=away).get("/metrics").text


def test_healthz_lives():
    assert client({"store": False}).get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("ready", "status", "missing"),
    [
        ({"smtp": True, "store": True}, 200, []),
        ({"smtp": True, "store": False, "scanner": False}, 503, ["scanner", "store"]),
    ],
)
def test_readyz_names_what_is_not_ready(ready, status, missing):
    answer = client(ready).get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (status, missing)
