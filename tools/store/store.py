"""`Store`: the one door to what is remembered. Every read and write names its owner; there is no way round that.

    store = Store.open("data/frugal.db")        # or postgresql+psycopg://...
    chat = store.create_conversation("ada")

Another owner's id is answered exactly like an unknown one. Holds no caches and touches no files but the database.
"""

from pathlib import Path

from knowledge.own_prices import NONE, OwnPrices
from tools.store.conversations import Conversations
from tools.store.database import Database
from tools.store.findings import Findings
from tools.store.job_records import JobRecords


class Store(Conversations, Findings, JobRecords):
    """Thread-safe; one per process is enough. `own_prices` are those that Frugal was started with; every session has them."""

    def __init__(self, database: Database, own_prices: OwnPrices = NONE) -> None:
        self._database = database
        self.own_prices = own_prices

    @classmethod
    def open(cls, url_or_path: str | Path, own_prices: OwnPrices = NONE) -> "Store":
        """Opens or creates the store and brings it up to date.

        Raises UserError `store-newer`, `store-unreadable`, `store-unwritable`, `store-url`, `store-driver-missing`;
        ToolError `store-unavailable`.
        """
        return cls(Database.open(url_or_path), own_prices)

    @property
    def database_path(self) -> Path | None:
        """The SQLite file, which LangGraph's checkpoints share; None on Postgres."""
        return self._database.path

    def close(self) -> None:
        """Closes every connection."""
        self._database.close()
