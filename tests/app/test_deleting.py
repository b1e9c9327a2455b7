"""Promise to a person who deletes a chat: what Frugal kept of its bill goes with it, and nothing of anybody else."""

from pathlib import Path

import pytest

from app.chat import Chat
from app.settings import load
from app.wiring import build


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    return Chat(build(load({"data_dir": tmp_path / "data", "model": "scripted"}, environ={})))


def keep(chat: Chat, owner: str, conversation_id: str) -> Path:
    """As an audit leaves it."""
    folder = chat.house.jobs.kept_dir(owner, conversation_id)
    folder.mkdir(parents=True)
    (folder / "amounts.parquet").write_text("sums")
    return folder


def test_kept_folds_go_with_their_chat_and_with_their_owner(chat: Chat) -> None:
    chats = {owner: [chat.store.create_conversation(owner, title).id for title in ("one", "two")] for owner in ("ada", "grace")}
    folders = {owner: [keep(chat, owner, one) for one in ids] for owner, ids in chats.items()}
    chat.delete("ada", chats["ada"][0])
    assert [folder.exists() for folder in folders["ada"]] == [False, True]
    chat.delete_all("ada")
    assert not any(folder.exists() for folder in folders["ada"])
    assert all(folder.exists() for folder in folders["grace"])
