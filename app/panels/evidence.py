"""The Evidence panel: every record of the conversation. Reads, paints, changes nothing."""

from app.render import pages
from app.wiring import House


def html(house: House, owner: str, conversation_id: str) -> str:
    """The panel for a conversation; "" stands for a new one."""
    return pages.evidence(house.store.evidence(owner, conversation_id) if conversation_id else [])
