"""The Bill panel: the newest audit of the conversation, and the words that its corrections are sent as. Computes no figure.

A correction goes the way of a typed message, so that the chat and the panel make the same call.
"""

from agent.audited import Audited, audited
from agent.reading.bill_words import change_in
from app.render.bill import bill
from app.wiring import House
from knowledge.errors import UserError
from tools.contracts.evidence import Evidence
from tools.store.records import JobStatus

MOST_CHARS = 4000


def html(house: House, owner: str, conversation_id: str) -> str:
    """The panel for a conversation; "" stands for a new one."""
    found = audited(house.store, owner, conversation_id) if conversation_id else Audited()
    done, newest = found.finished, found.latest
    records = [] if done is None or done.result is None else [Evidence.model_validate(one) for one in done.result.get("evidence", ())]
    has_failed = newest is not None and newest.status in (JobStatus.FAILED, JobStatus.LOST) and newest.error
    return bill(found.result, records, newest.error if newest is not None and has_failed else None, done.args if done is not None else {})


def asked(house: House, owner: str, conversation_id: str, text: str) -> str:
    """The message that a press of "Audit again" sends. Raises UserError `audit-unchanged`."""
    known = audited(house.store, owner, conversation_id).known if conversation_id else Audited().known
    if not change_in(text[:MOST_CHARS], known):
        raise UserError(
            "audit-unchanged", "Nothing was changed yet.", "Choose another role, currency or basis first, then press Audit again."
        )
    return text[:MOST_CHARS]
