"""Tries the JSON interface of the real server against its own OpenAPI document, with schemathesis.

Usage: check_api.py FOLDER [DATA]. FOLDER receives the demo's smaller patient and the server's log; DATA
is served instead of making that patient. First every operation is asked about things that are there,
then schemathesis makes requests up, right and wrong ones, with a token and without. Prints one JSON
object; exits 1 when an answer is an error of the server or not what its schema says.
"""
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import requests
import schemathesis
from schemathesis.specs.openapi.checks import ignored_auth

from api_client import administrator, make_token
from browser_page import Report
from grevy_server import GrevyServer, demo_data

CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_headers_conformance,response_schema_conformance")
# With a good token in every request, an invented cookie beside it would look as if it had let it in;
# so what schemathesis invents to sign in with is tried in a run of its own, without a token.
RUNS = {"with a token": CHECKS + ",negative_data_rejection", "without": CHECKS + ",ignored_auth"}
STRANGERS = [{}, {"Authorization": "Bearer grevy_" + 43 * "A"}, {"Authorization": "Basic YWRhOmFkYQ=="},
             {"Cookie": "__Host-grevy=" + 43 * "A"}]
# What a refusal of wrong data may be; 413 is the answer to a body of more than the document allows.
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 413]
"""
LINE = 200
EXAMPLES = 25
SEED = 20261121
JOB_SECONDS = 120
PLAN = """
name: by a program
device: glass
profile: eanm2022
images: {planning: "CT portal venous, simulated", activity: "MAA SPECT no AC, simulated"}
registration: {kind: identity}
structures: {from: "Structures from shapes, simulated", liver: Liver, lungs: Lungs, tumours: [Tumour 4]}
territories: [{name: right, structure: Territory right, injectedActivityGBq: 2.5}]
lungShunt: {use: typed, fraction: 0.055}
residualFraction: 0.01
dose: {gridSpacingMM: 6}
"""


def ask(schema, path, method, report, headers, status=200, **parameters):
    """Asks one operation about something that is there. Returns the answer, or its JSON where it is that."""
    body, kind = parameters.pop("body", None), parameters.pop("kind", "application/yaml")
    case = schema[path][method].Case(path_parameters=parameters)
    kept = {"headers": headers} if body is None else {
        "headers": {**headers, "Content-Type": kind}, "data": body}
    answer = requests.request(method, schema.get_base_url().removesuffix("/") + case.formatted_path,
                              timeout=30, **kept)
    report.check(answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:200]}")
    try:
        case.validate_response(answer, excluded_checks=[ignored_auth])
    except Exception as error:
        report.check(False, f"{method} {path}: {str(error)[:400]}")
    return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer


def wait_for(job, base, headers):
    ends = time.monotonic() + JOB_SECONDS
    while time.monotonic() < ends:
        found = requests.get(f"{base}/api/v1/jobs/{job}", headers=headers, timeout=30).json()
        if found["state"] not in ("queued", "running"):
            return found
        time.sleep(0.5)
    return found


def check_known(schema, base, headers, report):
    """Everything about the demo's case, and a plan that a program asks for."""
    asked = set()

    def known(path, method="GET", **parameters):
        asked.add(f"{method} {path}")
        return ask(schema, path, method, report, headers, **parameters)

    case = known("/api/v1/cases")["cases"][0]["id"]
    job = known("/api/v1/cases/{case}/plans", "POST", case=case, body=PLAN, status=202)["id"]
    ended = wait_for(job, base, headers)
    report.check(ended["state"] == "done", f"the plan's job: {ended['state']}: {ended['sentence']}")
    known("/api/v1/jobs/{job}", job=job)
    known("/api/v1/jobs")
    known("/api/v1/openapi.json")
    for part in ["", "/studies", "/findings", "/doses", "/jobs"]:
        answer = known("/api/v1/cases/{case}" + part, case=case)
        report.check(bool(next(iter(answer.values()))), f"{part} is empty")
    plans = known("/api/v1/cases/{case}/plans", case=case)["plans"]
    report.check(ended.get("made") in [plan["id"] for plan in plans], f"{ended.get('made')} is not listed")
    plan = known("/api/v1/cases/{case}/plans/{plan}", case=case, plan=plans[0]["id"])
    report.check(plan["document"]["name"] == "by a program", f"the plan is {plan['document']['name']}")
    check_images(known, report)
    operations = {f"{o.ok().method.upper()} {o.ok().path}" for o in schema.get_all_operations()}
    # The document itself is listed, but no operation to schemathesis.
    report.check(asked - operations == {"GET /api/v1/openapi.json"} and operations < asked,
                 f"asked or listed only: {sorted(operations ^ asked)}")
    report.figures["operations"] = len(operations)


def check_images(known, report):
    """Every operation of DICOMweb, on a CT image of the demo's case."""
    studies, study = "/dicomweb/studies", "/dicomweb/studies/{study}"
    series, instance = study + "/series/{series}", study + "/series/{series}/instances/{instance}"
    known(studies)
    known("/dicomweb/instances")
    found = next(s for s in known("/dicomweb/series") if s["00080060"]["Value"] == ["CT"])
    at = {"study": found["0020000D"]["Value"][0], "series": found["0020000E"]["Value"][0]}
    known(study + "/series", study=at["study"])
    known(study + "/instances", study=at["study"])
    at["instance"] = known(series + "/instances", **at)[0]["00080018"]["Value"][0]
    for place in [study, series, instance]:
        own = {name: uid for name, uid in at.items() if "{%s}" % name in place}
        known(place + "/metadata", **own)
        known(place + "/thumbnail", **own)
        answer = known(place, **own)
        report.check(answer.content.rstrip().endswith(b"--"), f"{place} has no last boundary")
    known(instance + "/bulkdata/{place}", place="7FE00010", **at)
    known(instance + "/frames/{frame}", frame="1", **at)
    known(instance + "/rendered", **at)
    for end in ["rendered", "thumbnail"]:
        known(instance + "/frames/{frame}/" + end, frame="1", **at)
    file = answer.content.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
    for place in [studies, study]:
        own = {"study": at["study"]} if place == study else {}
        kept = known(place, "POST", body=file, kind="application/dicom", **own)
        report.check(len(kept["00081199"]["Value"]) == 1, f"{place} did not keep it")


def check_strangers(schema, base, report):
    """Nobody gets in with nothing, with an unknown token or session, or with a password."""
    refused = 0
    for operation in schema.get_all_operations():
        method, path = operation.ok().method.upper(), operation.ok().path
        if path.endswith("/openapi.json"):
            continue
        address = base + re.sub(r"\{[a-z]+\}", "1", path)
        for headers in STRANGERS:
            answer = requests.request(method, address, headers={**headers, "Origin": base}, timeout=30)
            refused += answer.status_code == 401
            report.check(answer.status_code == 401, f"{method} {path} with {headers}: {answer.status_code}")
    report.figures["strangers refused"] = refused


def check_invented(base, name, options, folder, report):
    """Requests that schemathesis makes up from the document."""
    start = time.monotonic()
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    run = subprocess.run(
        [Path(sys.executable).parent / "schemathesis", "run", f"{base}/api/v1/openapi.json",
         *options, "--checks", RUNS[name], "--max-examples", str(EXAMPLES),
         # It cannot write bodies of several parts.
         "--exclude-operation-id", "storeInstances", "--exclude-operation-id", "storeStudyInstances",
         "--phases", "examples,coverage,fuzzing", "--seed", str(SEED), "--continue-on-failure",
         "--warnings", "off"],
        cwd=folder, capture_output=True, text=True, check=False)
    (folder / f"schemathesis {name}.txt").write_text(run.stdout + run.stderr)
    tail = [line.strip()[:LINE] for line in run.stdout.splitlines() if line.strip()][-25:]
    report.check(run.returncode == 0, f"schemathesis {name}: " + " | ".join(tail))
    report.figures[f"schemathesis {name}, s"] = round(time.monotonic() - start, 1)
    report.figures[f"schemathesis {name}"] = [l for l in tail if "generated" in l or "cases" in l][:3]


def main():
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    report = Report()
    data = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else demo_data(folder)
    with GrevyServer(data, folder / "server.log") as server:
        token = make_token(administrator(server), "schemathesis", "api", "plan", "qido", "wado", "stow")
        headers = {"Authorization": f"Bearer {token}"}
        schema = schemathesis.openapi.from_url(f"{server.base}/api/v1/openapi.json")
        check_known(schema, server.base, headers, report)
        check_strangers(schema, server.base, report)
        bearer = ["--header", f"Authorization: Bearer {token}"]
        check_invented(server.base, "with a token", bearer, folder, report)
        check_invented(server.base, "without", [], folder, report)
    log = (folder / "server.log").read_text()
    report.check(token not in log, "the log holds the token")
    print(json.dumps({"measured": report.checks, "failures": report.failures[:40],
                      "figures": report.figures}, indent=1))
    sys.exit(1 if report.failures else 0)


main()
