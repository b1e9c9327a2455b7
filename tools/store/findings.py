"""What a conversation has found out: facts, evidence, bills, plans, choices, and the `Session` that tools are given.

Evidence is append-only: the first record of an id stays, repeats are ignored. Facts are corrected, never overwritten.
Nothing is computed here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from knowledge.errors import UserError
from knowledge.own_prices import NONE, OwnPrices
from tools.contracts.cost_line import Bill
from tools.contracts.evidence import Evidence
from tools.contracts.plan import Plan
from tools.contracts.tool import Session
from tools.contracts.workload import Fact, FactStatus, Workload
from tools.store.conversations import now, require_conversation, touch
from tools.store.database import Database
from tools.store.records import Choices, JobStatus
from tools.store.schema import bills, choices, evidence, facts, jobs, plans
from tools.store.text import storable, storable_text


def add_evidence(
    connection: sa.Connection, owner: str, conversation_id: str, records: Iterable[Evidence], job_id: str | None = None
) -> None:
    """Writes records that are not there yet, within the caller's transaction."""
    kept = set(connection.execute(sa.select(evidence.c.evidence_id).where(evidence.c.conversation_id == conversation_id)).scalars())
    for record in records:
        if record.id not in kept:
            kept.add(record.id)
            connection.execute(
                evidence.insert().values(
                    owner=owner,
                    conversation_id=conversation_id,
                    evidence_id=record.id,
                    tier=record.tier.value,
                    job_id=job_id,
                    payload=storable(record.model_dump(mode="json")),
                )
            )


def add_bill(connection: sa.Connection, owner: str, conversation_id: str, bill: Bill) -> None:
    """Writes a bill as the latest. It replaces bills of the same files or fewer: those were read before a correction."""
    connection.execute(bills.delete().where(bills.c.conversation_id == conversation_id, bills.c.bill_id == bill.id))
    drop_bills(connection, conversation_id, bill.files)
    payload = storable(bill.model_dump(mode="json"))
    connection.execute(bills.insert().values(owner=owner, conversation_id=conversation_id, bill_id=bill.id, payload=payload))


def drop_bills(connection: sa.Connection, conversation_id: str, files: Iterable[str]) -> None:
    """Removes the bills that hold no other files than these: a newer audit of them has another result, or none that can be one bill."""
    read = set(files)
    query = sa.select(bills.c.row_id, bills.c.payload).where(bills.c.conversation_id == conversation_id)
    for row in connection.execute(query).all():
        if set(row.payload.get("files", ())) <= read:
            connection.execute(bills.delete().where(bills.c.row_id == row.row_id))


def add_plan(connection: sa.Connection, owner: str, conversation_id: str, plan: Plan) -> None:
    """Writes a plan as the latest; earlier ones stay."""
    payload = storable(plan.model_dump(mode="json"))
    connection.execute(
        plans.insert().values(owner=owner, conversation_id=conversation_id, plan_id=plan.id, payload=payload, created_at=now())
    )


class Findings:
    """The part of `Store` about what is known. Every method raises UserError `conversation-not-found`."""

    _database: Database
    own_prices: OwnPrices

    def record_facts(self, owner: str, conversation_id: str, workload_name: str, new: Iterable[Fact]) -> None:
        """Adds facts; a new value for a field marks the former CORRECTED, the same fact again changes nothing.

        A fact that arrives with status CORRECTED withdraws the field. Raises UserError `fact-not-storable` where the
        field is unknown or the value does not fit it.
        """
        name = storable_text(workload_name)
        with self._database.write() as connection:
            require_conversation(connection, owner, conversation_id)
            for fact in new:
                _check_fact(fact)
                _add_fact(connection, owner, conversation_id, name, fact)
            touch(connection, conversation_id)

    def facts(self, owner: str, conversation_id: str) -> dict[str, list[Fact]]:
        """By workload in order of first mention, corrected ones included (see `Fact.status`)."""
        with self._database.read() as connection:
            require_conversation(connection, owner, conversation_id)
            return _facts(connection, conversation_id)

    def record_evidence(self, owner: str, conversation_id: str, records: Iterable[Evidence]) -> None:
        """Append-only and idempotent."""
        with self._database.write() as connection:
            require_conversation(connection, owner, conversation_id)
            add_evidence(connection, owner, conversation_id, records)

    def evidence(self, owner: str, conversation_id: str) -> list[Evidence]:
        """In the order it was learnt."""
        with self._database.read() as connection:
            require_conversation(connection, owner, conversation_id)
            return [Evidence.model_validate(p) for p in _payloads(connection, evidence, conversation_id)]

    def evidence_by_id(self, owner: str, conversation_id: str, evidence_id: str) -> Evidence:
        """Raises UserError `evidence-not-found`."""
        query = sa.select(evidence.c.payload).where(
            evidence.c.conversation_id == conversation_id, evidence.c.evidence_id == storable_text(evidence_id)
        )
        with self._database.read() as connection:
            require_conversation(connection, owner, conversation_id)
            payload = connection.execute(query).scalar()
        if payload is None:
            raise UserError(
                "evidence-not-found", "There is no such evidence in this conversation.", "Pick a figure from the evidence panel."
            )
        return Evidence.model_validate(payload)

    def record_bill(self, owner: str, conversation_id: str, bill: Bill) -> None:
        """The same bill id again replaces the former."""
        with self._database.write() as connection:
            require_conversation(connection, owner, conversation_id)
            add_bill(connection, owner, conversation_id, bill)

    def bills(self, owner: str, conversation_id: str) -> list[Bill]:
        """Oldest first."""
        with self._database.read() as connection:
            require_conversation(connection, owner, conversation_id)
            return [Bill.model_validate(p) for p in _payloads(connection, bills, conversation_id)]

    def record_plan(self, owner: str, conversation_id: str, plan: Plan) -> None:
        """Becomes the latest plan."""
        with self._database.write() as connection:
            require_conversation(connection, owner, conversation_id)
            add_plan(connection, owner, conversation_id, plan)

    def latest_plan(self, owner: str, conversation_id: str) -> Plan | None:
        """None before the first plan."""
        with self._database.read() as connection:
            require_conversation(connection, owner, conversation_id)
            return _latest_plan(connection, conversation_id)

    def save_choices(self, owner: str, conversation_id: str, left_out: Iterable[str], assumptions: Mapping[str, float]) -> None:
        """Replaces both."""
        values = {"left_out": sorted(storable(list(left_out))), "assumptions": storable(dict(assumptions))}
        with self._database.write() as connection:
            require_conversation(connection, owner, conversation_id)
            connection.execute(choices.delete().where(choices.c.conversation_id == conversation_id))
            connection.execute(choices.insert().values(owner=owner, conversation_id=conversation_id, **values))

    def choices(self, owner: str, conversation_id: str) -> Choices:
        """Empty where the user chose nothing yet."""
        with self._database.read() as connection:
            require_conversation(connection, owner, conversation_id)
            return _choices(connection, conversation_id)

    def session(self, owner: str, conversation_id: str) -> Session:
        """All of the above from one consistent view, as tools get it. Only current facts fill the workloads."""
        with self._database.read() as connection:
            require_conversation(connection, owner, conversation_id)
            chosen = _choices(connection, conversation_id)
            return Session(
                workloads=tuple(_workload(name, known) for name, known in _facts(connection, conversation_id).items()),
                bills=tuple(Bill.model_validate(p) for p in _payloads(connection, bills, conversation_id)),
                evidence=tuple(Evidence.model_validate(p) for p in _payloads(connection, evidence, conversation_id)),
                plan=_latest_plan(connection, conversation_id),
                left_out=chosen.left_out,
                assumptions=chosen.assumptions,
                audit=_latest_audit(connection, conversation_id),
                own_prices=_own_prices(connection, conversation_id).over(self.own_prices),
            )


def _check_fact(fact: Fact) -> None:
    try:
        Workload.model_validate({fact.field: fact.value})
    except ValidationError as error:
        raise UserError(
            "fact-not-storable",
            f'"{str(fact.value)[:60]}" does not fit the field {fact.field[:60]}.',
            "Say the value again, with its unit.",
        ) from error


def _add_fact(connection: sa.Connection, owner: str, conversation_id: str, workload: str, fact: Fact) -> None:
    payload = storable(fact.model_dump(mode="json"))
    current = sa.and_(
        facts.c.conversation_id == conversation_id,
        facts.c.workload == workload,
        facts.c.field == fact.field,
        facts.c.status == FactStatus.CURRENT.value,
    )
    former = connection.execute(sa.select(facts.c.payload).where(current)).scalar()
    if former is not None and {**former, "turn": fact.turn} == payload:
        return
    connection.execute(facts.update().where(current).values(status=FactStatus.CORRECTED.value))
    connection.execute(
        facts.insert().values(
            owner=owner, conversation_id=conversation_id, workload=workload, field=fact.field, status=fact.status.value, payload=payload
        )
    )


def _facts(connection: sa.Connection, conversation_id: str) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    query = sa.select(facts).where(facts.c.conversation_id == conversation_id).order_by(facts.c.row_id)
    for row in connection.execute(query):
        found.setdefault(row.workload, []).append(Fact.model_validate({**row.payload, "status": row.status}))
    return found


def _workload(name: str, known: list[Fact]) -> Workload:
    values: dict[str, Any] = {fact.field: fact.value for fact in known if fact.status is FactStatus.CURRENT}
    return Workload.model_validate({"name": name or None, **values})


def _payloads(connection: sa.Connection, table: sa.Table, conversation_id: str) -> list[Any]:
    query = sa.select(table.c.payload).where(table.c.conversation_id == conversation_id).order_by(table.c.row_id)
    return list(connection.execute(query).scalars())


def _latest_plan(connection: sa.Connection, conversation_id: str) -> Plan | None:
    query = sa.select(plans.c.payload).where(plans.c.conversation_id == conversation_id).order_by(plans.c.row_id.desc()).limit(1)
    payload = connection.execute(query).scalar()
    return None if payload is None else Plan.model_validate(payload)


def _latest_audit(connection: sa.Connection, conversation_id: str) -> dict[str, Any]:
    mine = sa.and_(jobs.c.conversation_id == conversation_id, jobs.c.tool == "audit_costs", jobs.c.status == JobStatus.FINISHED.value)
    kept = connection.execute(sa.select(jobs.c.result).where(mine).order_by(jobs.c.created_at.desc()).limit(1)).scalar()
    return dict((kept or {}).get("result") or {})


def _own_prices(connection: sa.Connection, conversation_id: str) -> OwnPrices:
    """What the conversation's price files say. A file given again, under the same name, replaces what it said before."""
    mine = sa.and_(jobs.c.conversation_id == conversation_id, jobs.c.tool == "read_prices", jobs.c.status == JobStatus.FINISHED.value)
    found = NONE
    read: set[str] = set()
    for result in connection.execute(sa.select(jobs.c.result).where(mine).order_by(jobs.c.created_at.desc())).scalars():
        said = OwnPrices.model_validate(((result or {}).get("result") or {}).get("prices") or {})
        found = found.over(said.without(read))
        read.update(said.files)
    return found


def _choices(connection: sa.Connection, conversation_id: str) -> Choices:
    row = connection.execute(sa.select(choices).where(choices.c.conversation_id == conversation_id)).first()
    return Choices(frozenset(), {}) if row is None else Choices(frozenset(row.left_out), row.assumptions)
