"""Two hospitals and somebody outside at the real server in a headless Chromium: from a referral by a one-time
link to a shared result that is taken back while it is looked at.

Usage: check_sharing.py FOLDER [DATA]. FOLDER receives the demo's smaller patient, the server's log and
pictures; DATA is served instead of making that patient. Prints one JSON object: measured figures, with how
long after its end a share still gave anything, and failures; exits 1 when there are any.
"""
import json
import re
import subprocess
import time
from pathlib import Path

import requests

from browser_page import until
from grevy_server import PROGRAM, ROOT
from meeting_pages import IDLE, check_decision
from page_looks import look
from running_answers import EventStream, SlowDownload
from sharing_pages import CASE, COLLEAGUE, OTHER, PHYSICIST, check_planning, press, share
from story import tell_on_demo
from workspace_bring_in import JOB_SECONDS, stranger
from workspace_new_plan import WISHED
from workspace_people import PASSWORD, fill, invite, join, set_up, submit
from workspace_plan import READY
from workspace_signing import CHECKER, PRACTITIONER, check_signatures, enter_entitlement, verified

COORDINATOR = ("cora", "Cora Coordinator", "coordinator", "quiet-cedar-signal")
CHAIR = ("rada", "Rada Chair", "radiologist", "amber-heron-lantern")
OTHER_ADMINISTRATOR = ("otto", "Otto Officer", "administrator", PASSWORD)
SENDER = "District hospital"
QUESTION = "Is the second lobe worth treating?"
MEETING_QUESTION = "Which treatment for this progression?"
PLAN = "After the meeting"
SHARED = "portal venous"
END_SECONDS = 5
# What the kernel holds of a download that is read slowly (0.5 MB), with room.
HELD_BYTES = 1 << 20
NAME_WORDS = 2


def people(browser, server, folder, report):
    """Both hospitals. Returns pages by login, and authenticators of those who sign."""
    administrator = set_up(browser, server.set_up)
    staff = [COORDINATOR, CHAIR, PHYSICIST, CHECKER, PRACTITIONER]
    links = {person[0]: invite(administrator, browser, person) for person in staff}
    enter_entitlement(administrator, browser, folder, report)
    browser.close(administrator)
    added = subprocess.run(
        [PROGRAM, "organisation", "add", OTHER, "--login", OTHER_ADMINISTRATOR[0], "--name", OTHER_ADMINISTRATOR[1],
         "--data", server.data], cwd=ROOT, capture_output=True, text=True, check=False)
    report.check(added.returncode == 0, f"grevy organisation add: {added.stderr[-300:]}")
    officer, _ = join(browser, re.search(r"/link/[\w-]+", added.stdout)[0], OTHER_ADMINISTRATOR)
    links[COLLEAGUE[0]] = invite(officer, browser, COLLEAGUE)
    joined = {person[0]: join(browser, links[person[0]], person)
              for person in (COORDINATOR, CHAIR, PHYSICIST, COLLEAGUE)}
    return {login: page for login, (page, _) in joined.items()} | {OTHER_ADMINISTRATOR[0]: officer}, \
        {login: code for login, (_, code) in joined.items()}, links


def send_by_link(page, browser, folder, report):
    """The coordinator makes a link; somebody without an account sends by it, once."""
    page.goto(browser.base + "/inbox-links")
    fill(page, sender=SENDER, purpose="CT before the meeting")
    submit(page)
    look(page, "inbox-links", folder, report)
    link = page.locator(".one-time-link").inner_text()
    code = page.get_by_role("status").locator("strong").inner_text()
    address = browser.base + link[link.index("/inbox/"):]
    outside = browser.page()
    outside.goto(address)
    look(outside, "inbox-code", folder, report)
    fill(outside, code=code)
    submit(outside)
    outside.set_input_files("#files", stranger(folder))
    arrived = "document.getElementById('sending-state').textContent === 'All 1 files are here.'"
    report.check(until(outside, arrived, JOB_SECONDS), f"sending: {outside.inner_text('#sending-state')}")
    look(outside, "inbox", folder, report)
    fill(outside, question=QUESTION)
    submit(outside)
    ends = time.monotonic() + JOB_SECONDS
    while "Receipt" not in outside.locator("main").inner_text() and time.monotonic() < ends:
        outside.wait_for_timeout(500)
        outside.reload()
    said = outside.locator("main").inner_text()
    report.check("Receipt" in said and "quarantine" in said, f"the receipt: {said[:300]}")
    look(outside, "inbox-receipt", folder, report)
    again = browser.page()
    browser.refusals = {404}
    again.goto(address)
    browser.refusals = set()
    report.check(again.locator("[name=code]").count() == 0, "a link that was used up asks for its code")
    browser.close(again)
    browser.close(outside)
    return link


def match(page, browser, report):
    """What came waits until the coordinator says whose it is."""
    page.goto(browser.base + "/quarantine")
    said = page.locator("main").inner_text()
    report.check(SENDER in said and QUESTION in said, f"what came by the link waits as: {said[:300]}")
    page.locator("[name=case]").select_option(index=1)
    fill(page, note="told by telephone")
    press(page, "Give them to this case")
    report.check("given to a case" in page.locator("main").inner_text(), "the match is not shown")


def series_seen(page):
    return set(page.locator(".table-series tbody th").all_inner_texts())


def check_shared_images(owner, other, browser, folder, report):
    """The other hospital sees what the preview showed, and answers the referral."""
    preview = share(owner, browser, folder, report, "images", ("se-", SHARED), QUESTION)
    other.goto(browser.base + "/referrals")
    press(other, "Confirm receipt")
    press(other, "Accept")
    look(other, "referrals", folder, report)
    other.locator("main h3 a").first.click()
    other.wait_for_load_state()
    look(other, "case-by-share", folder, report)
    series = series_seen(other)
    report.check(len(series) == 1 and all(s in preview for s in series), f"shared one series, seen: {series}")
    owner.goto(browser.base + CASE)
    foreign = series_seen(owner) - series
    report.check(len(foreign) > 1, "the case has nothing that is not shared")
    browser.refusals = {404}
    for one in sorted(foreign)[:2]:
        for path in (f"{CASE}/series/{one}", f"{CASE}/volumes/{one}", f"{CASE}/images/scenes?left={one}"):
            status = other.request.get(browser.base + path).status
            report.check(status == 404, f"{path} is not shared and answers {status}")
    browser.refusals = set()
    return series


def make_meeting(page, browser, folder, report):
    """The coordinator puts the case on the list and invites the other hospital."""
    page.goto(browser.base + "/meetings")
    fill(page, title="Thursday")
    page.locator("[name=chair]").select_option(label=CHAIR[1])
    submit(page)
    page.locator("form[action$='/items'] [name=question]").fill(MEETING_QUESTION)
    press(page, "Put it on the list")
    guest = page.locator("[name=organisation] option").filter(has_text=OTHER)
    page.locator("[name=organisation]").select_option(guest.get_attribute("value"))
    press(page, "Invite", exact=True)
    report.check(OTHER in page.locator("main p").first.inner_text(), "the other hospital is not invited")
    look(page, "meeting-of-two", folder, report)
    return page.url


def open_first(chair, browser, report):
    """Opens the first case, if need be after the warning that somebody may not see it."""
    chair.locator("#present").click()
    browser.refusals = {409}
    chair.locator("#next-case").click()
    warned = "document.querySelector('#session > div > .notice[role=alert]') !== null"
    until(chair, f"({warned}) || ({IDLE})", JOB_SECONDS)
    if chair.evaluate(warned):
        said = chair.locator("#session > div > .notice[role=alert]").inner_text()
        report.check(COLLEAGUE[1] in said, f"the warning names nobody: {said}")
        press(chair, "Open it all the same")
    browser.refusals = set()
    report.check(until(chair, IDLE, JOB_SECONDS), "who presents sees no image")


def check_session(pages, browser, path, series, name, folder, report):
    """Colleagues follow slice for slice; the other hospital sees what its share gives, or is told that it sees nothing."""
    chair = pages[CHAIR[0]]
    followers = [pages[COORDINATOR[0]], pages[PHYSICIST[0]]]
    other = pages[COLLEAGUE[0]]
    # The other hospital is refused whatever of the case is not shared with it.
    browser.refusals = {404}
    for page in [*followers, other, chair]:
        page.goto(path + "/session")
    open_first(chair, browser, report)
    browser.refusals = {404}
    for page in followers:
        report.check(until(page, IDLE, JOB_SECONDS), "a follower sees no image")
    # Out of sight nothing would be painted.
    for page in [chair, *followers]:
        page.evaluate("document.querySelector('.viewer-stage').scrollIntoView({ block: 'end' })")
    chair.locator(".viewer-stage").focus()
    for _ in range(5):
        chair.keyboard.press("PageUp")
    browser.settle(chair)
    here = chair.locator(".viewer-readout").inner_text()
    for page in followers:
        follows = until(page, f"document.querySelector('.viewer-readout').innerText === {json.dumps(here)}", JOB_SECONDS)
        report.check(follows, f"a follower is at {page.locator('.viewer-readout').inner_text()}, who presents at {here}")
    until(other, "document.querySelector('#session-title').innerText !== ''")
    title = other.locator("#session-title").inner_text()
    if title == "Not shared with you":
        report.check(not any(word in other.content() for word in name), "the other hospital reads a name")
    else:
        listed = other.locator("#session select option").evaluate_all("(all) => all.map((o) => o.value)")
        listed = {one for one in listed if one.startswith("se-")}
        report.check(listed <= series, f"the session offers {listed}, shared are {series}")
    look(other, "session-of-guest", folder, report)
    for page in [*followers, other, chair]:
        page.goto(browser.base + "/")
    browser.refusals = set()


def make_plan(page, browser, folder, report):
    """A light plan on the coarsest grid; ends on its page."""
    page.goto(f"{browser.base}{CASE}/new-plan")
    fill(page, name=PLAN, evidence="synthetic case")
    page.locator("[name=grid]").select_option("6")
    for structure, gigabecquerels in WISHED.items():
        page.get_by_label(f"Activity or dose for {structure}").fill(gigabecquerels)
    press(page, "Plan", exact=True)
    done = until(page, "document.querySelector('#jobs tbody .badge')?.textContent === 'done'", JOB_SECONDS)
    report.check(bool(done), f"the plan's job: {page.locator('#jobs').inner_text()[:300]}")
    page.goto(browser.base + CASE)
    page.get_by_role("row").filter(has_text=PLAN).locator("a[href*='/plans/']").first.click()
    page.wait_for_load_state()
    return page.url


def check_shared_plan(owner, other, browser, plan, folder, report):
    """The signed plan is shared with its dose; the other hospital looks at it and verifies its file."""
    identifier = plan.rsplit("/", 1)[1]
    share(owner, browser, folder, report, "plan", (identifier, ""), "", ["download signed plans"])
    other.goto(plan)
    report.check(until(other, READY, JOB_SECONDS), "the shared plan shows no images")
    look(other, "plan-by-share", folder, report)
    key = folder / "grevy-public-key.pem"
    key.write_bytes(requests.get(browser.base + "/public-key", timeout=30).content)
    for name in ["plan.json", "plan.json.sig"]:
        answer = other.request.get(f"{plan}/signed/{name}")
        report.check(answer.ok, f"{name} by the share: {answer.status}")
        (folder / name).write_bytes(answer.body())
    code, said = verified(folder / "plan.json", key)
    report.check(code == 0 and PRACTITIONER[1] in said, f"grevy verify: {code}, {said[:200]}")


def check_end(owner, other, officer, browser, series, plans, meeting, folder, report):
    """The shares end while a shared series loads: nothing comes any more, soon."""
    plan = plans[0]
    cookie = next(c["value"] for c in other.context.cookies() if c["name"] == "__Host-grevy")
    volume = f"{CASE}/volumes/{next(iter(series))}"
    tag = other.request.get(browser.base + volume).headers["etag"]
    with SlowDownload(browser.base, volume, cookie) as download:
        report.check(download.begins(), f"the download does not begin: {download.head[:100]}")
        owner.goto(f"{browser.base}{CASE}/shares")
        while owner.get_by_role("button", name="End this share now").count():
            owner.locator("[name=reason]").first.fill("sent to the wrong hospital")
            owner.get_by_role("button", name="End this share now").first.click()
            owner.wait_for_load_state()
        ended, before = time.monotonic(), download.received
        report.check(download.length - before > 2 * HELD_BYTES,
                     f"at the share's end {before} of {download.length} bytes were here: the rest may have been on its way")
        browser.refusals = {404}
        paths = [*plans, plan + "/scene", browser.base + CASE, browser.base + volume, f"{plan}/signed/plan.json"]
        for path in paths:
            answer = other.request.get(path, headers={"If-None-Match": tag})
            report.check(answer.status == 404, f"after its end the share answers {answer.status} for {path}")
        report.figures["requests refused after the end, s"] = round(time.monotonic() - ended, 2)
        time.sleep(max(0, ended + END_SECONDS - 1 - time.monotonic()))
        download.drain()
    took, after = download.ended - ended, download.received - before
    report.check(took <= END_SECONDS and after <= HELD_BYTES,
                 f"the download ended {took:.1f} s after the share, with {after} more bytes of {download.length}")
    report.figures["download after the end"] = {
        "ended within, s": round(took, 1), "bytes": after, "of": download.length}
    other.reload()
    report.check(other.locator(".banner-name a").count() == 0, "a page that is loaded again still names the patient")
    look(other, "share-over", folder, report)
    owner.goto(plans[-1])
    said = owner.locator("main").text_content()
    report.check(f"{COLLEAGUE[1]}, {OTHER}" in said, "the owner does not read who made the other hospital's plan")
    browser.refusals = set()
    check_stream(officer, cookie, browser, meeting, report)


def check_stream(officer, cookie, browser, meeting, report):
    """The other hospital's administrator closes the account: its stream of events ends, before its time is over."""
    officer.goto(browser.base + "/administration/accounts")
    row = officer.get_by_role("row").filter(has_text=COLLEAGUE[1])
    row.get_by_label("disabled").check()
    stream = EventStream(browser.base, meeting.removeprefix(browser.base) + "/events", cookie)
    report.check(stream.waits_for("data:"), "the meeting's stream tells the other hospital nothing")
    report.check(stream.ended is None, "the stream ended before the account was closed")
    row.get_by_role("button", name="Change").click()
    officer.wait_for_load_state()
    closed = time.monotonic()
    report.check(stream.ends_within(2 * END_SECONDS), "the stream goes on after the account was closed")
    took = stream.ended - closed
    report.check(took <= END_SECONDS, f"the stream ended {took:.1f} s after the account was closed")
    report.figures["event stream after the account was closed, s"] = round(took, 1)


def check_texts(browser, server, words, link, report):
    """No name, identifier, question or secret is in the log or among the metrics."""
    log = Path(server.log).read_text().lower()
    metrics = requests.get(browser.base + "/metrics", timeout=30)
    report.check(metrics.ok and "grevy" in metrics.text, f"metrics: {metrics.status_code}")
    for where, text in [("log", log), ("metrics", metrics.text.lower())]:
        for word in [*words, "GREVY-PHANTOM", "second lobe", "second opinion", link.rsplit("/", 1)[1]]:
            report.check(word.lower() not in text, f"the {where} holds the {'link' if word in link else f'word {word}'}")
    report.check("route=/inbox/{token}" in log.replace('"', ""), "the log has no routes")


def run_story(browser, server, folder, report):
    with report.timed("people of two hospitals"):
        pages, codes, links = people(browser, server, folder, report)
    coordinator, chair, physicist, other = (pages[p[0]] for p in (COORDINATOR, CHAIR, PHYSICIST, COLLEAGUE))
    coordinator.goto(browser.base + "/")
    name = [w for w in re.split(r"[ ,]+", coordinator.locator("tbody a").first.inner_text()) if len(w) > NAME_WORDS]
    with report.timed("link, quarantine"):
        link = send_by_link(coordinator, browser, folder, report)
        match(coordinator, browser, report)
    with report.timed("images shared"):
        series = check_shared_images(coordinator, other, browser, folder, report)
    with report.timed("meeting"):
        meeting = make_meeting(coordinator, browser, folder, report)
        check_session(pages, browser, meeting, series, name, folder, report)
        check_decision(chair, meeting, codes[CHAIR[0]], folder, report)
    with report.timed("plan"):
        plan = make_plan(physicist, browser, folder, report)
    with report.timed("signatures"):
        practitioner, codes[PRACTITIONER[0]], _ = check_signatures(
            physicist, browser, links, codes[PHYSICIST[0]], folder, report)
    with report.timed("result shared"):
        check_shared_plan(coordinator, other, browser, plan, folder, report)
    with report.timed("the other hospital plans"):
        theirs = check_planning(coordinator, other, physicist, practitioner, browser, plan, codes, folder, report)
        browser.close(practitioner)
    with report.timed("the end of the shares"):
        check_end(coordinator, other, pages[OTHER_ADMINISTRATOR[0]], browser, series, [plan, theirs], meeting, folder,
                  report)
    for page in pages.values():
        browser.close(page)
    check_texts(browser, server, name, link, report)


tell_on_demo(run_story)
