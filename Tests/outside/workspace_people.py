"""Makes people on a new server the short way: without looking at the pages on it."""
import re

from grevy_server import Authenticator

PASSWORD = "zinc-otter-harbour"


def _enrol(page):
    authenticator = Authenticator(page.input_value("[name=secret]"))
    page.fill("main [name=code]", authenticator.code())
    _submit(page)
    return authenticator


def _submit(page):
    page.locator("main .button-primary").click()
    page.wait_for_load_state()


def signed_in(browser, set_up, role="physicist"):
    """Sets the server up, invites one person and signs them in. Returns their page and authenticator."""
    page = browser.page()
    page.goto(set_up)
    for name, value in {"organisation": "NET centre", "name": "Ada Admin", "login": "ada", "password": PASSWORD}.items():
        page.fill(f"main [name={name}]", value)
    _submit(page)
    _enrol(page)
    page.goto(browser.base + "/administration/accounts")
    page.locator("main form.card [name=role]").select_option(role)
    page.fill("form.card [name=login]", "phil")
    page.fill("form.card [name=name]", "Phil Physicist")
    page.locator("form.card button").click()
    page.wait_for_load_state()
    link = re.search(r"/link/[\w-]+", page.get_by_role("status").inner_text())[0]
    page.close()
    page = browser.page()
    page.goto(browser.base + link)
    page.fill("main [name=password]", PASSWORD)
    _submit(page)
    page.fill("main [name=login]", "phil")
    page.fill("main [name=password]", PASSWORD)
    _submit(page)
    authenticator = _enrol(page)
    return page, authenticator
