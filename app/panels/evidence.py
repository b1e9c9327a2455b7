"""The Evidence panel: every record of the conversation, those of audits that were corrected since apart. Reads, paints, changes nothing."""

from agent.audited import superseded
from app.render import pages
from app.wiring import House


def html(house: House, owner: str, conversation_id: str) -> str:
    """The panel for a conversation; "" stands for a new one."""
    if not conversation_id:
        return pages.evidence([])
    return pages.evidence(house.store.evidence(owner, conversation_id), superseded(house.store, owner, conversation_id))
