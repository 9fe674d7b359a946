import pytest

from mailguard.model import Source
from mailguard.store.register import Register


@pytest.mark.parametrize("login", ["tool", "Tool", " tool", "tool\t", "\u3000tool "])
def test_a_login_is_its_source_however_it_is_written(login):
    """The list of logins lets it in in all these ways: it must not lose the rules of its source by that."""
    register = Register([Source("strict", "strict", logins=("Tool",)), Source("lax", "lax", networks=("127.0.0.0/8",))])
    assert register.match(login=login, client="127.0.0.1", from_domains=()).id == "strict"
