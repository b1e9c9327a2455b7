"""Builds the parts of the screen around the stand-in agent, for tests. `python screen_house.py DATA_DIR PORT` serves them."""

import sys
from pathlib import Path

from stand_in_agent import StandInAgent

from app import server
from app.quiet import quiet_libraries
from app.settings import Settings, load
from app.wiring import House, prepare_data_dir
from tools.jobs.runner import JobRunner
from tools.store.store import Store


def make_house(settings: Settings) -> House:
    data_dir = prepare_data_dir(settings.data_dir)
    store = Store.open(data_dir / "frugal.db")
    jobs = JobRunner(store, data_dir)
    return House(settings, data_dir, store, jobs, StandInAgent(store))


def serve(data_dir: Path, port: int) -> None:
    import uvicorn

    quiet_libraries()
    settings = load({"data_dir": data_dir, "port": port}, environ={})
    house = make_house(settings)
    app = server.create_app(house)
    uvicorn.Server(uvicorn.Config(app, log_config=None)).run(sockets=[server.take_port(settings)])


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
