"""A mail server for the checks of pages, and what they look for in it."""
import base64
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import requests

from browser_page import check_axe
from page_looks import look

ADDRESS = "phil@hospital.example"
GATHER_MINUTES = 0.02


class MailBox:
    """Tests/outside/transfer_server.py, ended with the block."""

    def __init__(self, folder):
        self.certificate, self.key = folder / "mail.pem", folder / "mail-key.pem"

    def __enter__(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-out", self.certificate, "-keyout", self.key], check=True, capture_output=True)
        self.process = subprocess.Popen(
            [sys.executable, "-B", Path(__file__).with_name("transfer_server.py"), self.certificate, self.key],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=20)

    @property
    def options(self):
        """How `grevy serve` sends mail here."""
        return ["--smtp", f"smtp://127.0.0.1:{self.ports['smtp']}", "--smtp-from", "grevy@hospital.example",
                "--smtp-gather", str(GATHER_MINUTES)]

    def mails(self):
        return requests.get(f"http://127.0.0.1:{self.ports['http']}/mails", timeout=20).json()

    def wait(self, seconds=120):
        """The first mail."""
        ends = time.monotonic() + seconds
        while not (mails := self.mails()):
            if time.monotonic() > ends:
                raise TimeoutError("no mail came")
            time.sleep(0.2)
        return mails[0]


def check_address(page, login, folder, browser):
    """An administrator enters where somebody's notices go."""
    page.goto(browser.base + "/administration/accounts")
    field = page.get_by_label(f"Mail address of {login}")
    field.fill(ADDRESS)
    field.locator("xpath=..").get_by_role("button", name="Set").click()
    page.wait_for_load_state()
    browser.report.check(page.get_by_label(f"Mail address of {login}").input_value() == ADDRESS, "no address is kept")
    look(page, "accounts-notices", folder, browser.report)
    check_axe(page, "accounts with notices", browser.report)
    browser.check_policy(page)


def check_notice(page, box, folder, browser, log):
    """The mail says how many cases wait, as the worklist does, and nothing of them."""
    report, mail = browser.report, box.wait()
    report.check(ADDRESS in mail["to"][0] and len(mail["to"]) == 1, f"the mail goes to {mail['to']}")
    text = base64.b64decode(mail["text"].split("\r\n\r\n", 1)[1]).decode()
    report.figures["notice"] = text
    page.goto(browser.base + "/?waiting=yes")
    rows = page.locator("tbody tr")
    # Referrals and emergencies wait on pages of their own.
    told = sum(int(n) for what, n in re.findall(r"^  (.*): (\d+)$", text, re.MULTILINE)
               if what not in ["answer a referral", "look at an access in an emergency"])
    report.check(told == rows.count(), f"{told} cases are told, {rows.count()} wait")
    page.goto(browser.base + "/")
    names = [cell.strip() for cell in page.locator("tbody th").all_inner_texts()]
    words = {word for name in names for word in re.findall(r"[^\W\d_]{3,}", name)}
    report.check(len(names) > 5 and not [word for word in words if word in text], f"names in the mail: {text}")
    link = re.search(r"http\S+waiting=yes", text)[0].replace("127.0.0.1", "localhost")
    page.goto(link)
    report.check(page.locator("tbody tr").count() == told, f"the link of the mail leads to {page.url}")
    page.goto(browser.base + "/account")
    look(page, "account-notices", folder, report)
    check_axe(page, "account with notices", report)
    page.get_by_label("Send me notices").uncheck()
    page.get_by_role("button", name="Keep").click()
    page.wait_for_load_state()
    report.check(not page.get_by_label("Send me notices").is_checked(), "notices cannot be turned off")
    counted = requests.get(browser.base + "/metrics", timeout=20).text
    report.check('grevy_notices_total{outcome="sent"} 1' in counted, "the mail is not counted")
    report.check(ADDRESS not in counted + log.read_text(), "an address is in log or metrics")
    browser.check_policy(page)
