"""A case's page of DICOM peers in one hospital, with the node of another on this machine."""
import re
import shutil
import time

from api_client import administrator, coordinator
from grevy_server import GrevyServer
from orthanc_server import free_port

SECONDS = 120
COUNT = 5


def check_page(folder, series, grevy, add_peer, report):
    """Echo, query and retrieval from the page; the job says how far it is."""
    here, there = folder / "page-here", folder / "page-there"
    series(here / "first", 2, 60)
    there.mkdir()
    shutil.copytree(here / "first", there / "first")
    _, study = series(there / "more", COUNT, 61)
    grevy("import", here / "first", "--data", here / "data")
    grevy("import", there / "first", there / "more", "--data", there / "data")
    port = free_port()
    with GrevyServer(here / "data", here / "server.log") as server, GrevyServer(
            there / "data", there / "server.log", "--dicom-port", str(port), "--ae-title", "THERE") as other:
        reader = coordinator(administrator(server))
        administrator(other)
        add_peer(here / "data", here, "there", "title,THERE", "address,127.0.0.1", f"port,{port}")
        add_peer(there / "data", there, "here", "title,GREVY", "address,127.0.0.1", "may,query retrieve")
        # What peers are holds within two seconds.
        time.sleep(2.5)
        page = "/cases/1/nodes"

        def act(name, **fields):
            return reader.post(f"{page}/{name}", csrf=reader.form_token(page), peer="there", **fields)

        report.check("there answers." in act("echo").text, "the page: no echo")
        before = act("query").text
        report.check(study in before and before.count(">here<") == 1, "the page: what the peer has")
        asked = act("retrieve", study=study, way="get")
        report.check(asked.status_code == 303, f"the page: retrieving ends with {asked.status_code}")
        ends, told, jobs = time.monotonic() + SECONDS, False, ""
        while time.monotonic() < ends and not re.search(">(done|failed)<", jobs):
            jobs = reader.get("/jobs").text
            told = told or re.search(rf"\d of {COUNT} instances", jobs) is not None
            time.sleep(0.02)
        report.check(f"{COUNT} stored" in jobs, "the page: not all was retrieved")
        report.figures["progress was seen"] = told
        report.check(act("query").text.count(">here<") == 2, "the page: what came is not said to be here")
