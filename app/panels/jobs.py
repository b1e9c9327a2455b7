"""The Jobs panel: the person's jobs over all chats, with progress and Cancel. Re-attaches by id after a reload."""

from app.render import pages
from app.wiring import House
from tools.store.records import JobRecord

_SHOWN = 20


def listed(house: House, owner: str) -> list[JobRecord]:
    """The newest jobs of this person."""
    return house.store.jobs(owner, limit=_SHOWN)


def html(house: House, owner: str, records: list[JobRecord]) -> str:
    """The panel."""
    conversations = {record.conversation_id for record in records if record.conversation_id}
    names = {upload.path: upload.name for one in conversations for upload in house.store.uploads(owner, one)}
    return pages.jobs(records, names)


def label(records: list[JobRecord]) -> str:
    """The tab's label, with the number that still run."""
    running = sum(not record.final for record in records)
    return f"Jobs ({running})" if running else "Jobs"
