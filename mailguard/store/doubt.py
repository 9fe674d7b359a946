"""Recipients who may have a message though the relay's reply to its final dot was never heard.

In: a statement over `HELD`. Out: with `IN_DOUBT` whether a recipient is one of them; whoever was accepted since is none.
"""

from sqlalchemy import and_, or_

from mailguard.lifecycle import RecipientState
from mailguard.store.schema import doubts, messages, recipients

_NOTED = and_(doubts.c.message == recipients.c.message, doubts.c.position == recipients.c.position)
HELD = recipients.join(messages, messages.c.serial == recipients.c.message).outerjoin(doubts, _NOTED)
# Under a lease it may be going out right now, or its process died before it could tell.
_UNDER_WAY = and_(recipients.c.state == RecipientState.WAITING.value, messages.c.token.is_not(None))
IN_DOUBT = and_(recipients.c.state != RecipientState.ACCEPTED.value, or_(doubts.c.at.is_not(None), _UNDER_WAY))
