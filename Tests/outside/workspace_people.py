"""Makes people on a new server the short way: without looking at the pages on it."""
import re

from grevy_server import Authenticator

PASSWORD = "zinc-otter-harbour"


def submit(page):
    page.locator("main .button-primary").click()
    page.wait_for_load_state()


def fill(page, **fields):
    for name, value in fields.items():
        page.fill(f"main [name={name}]", value)


def enrol(page):
    authenticator = Authenticator(page.input_value("[name=secret]"))
    fill(page, code=authenticator.code())
    submit(page)
    return authenticator


def set_up(browser, link):
    """Uses the set-up link. Returns the administrator's page."""
    page = browser.page()
    page.goto(link)
    fill(page, organisation="NET centre", name="Ada Admin", login="ada", password=PASSWORD)
    submit(page)
    enrol(page)
    return page


def invite(page, browser, person):
    """An administrator invites (login, name, role, password). Returns the link's path."""
    login, name, role, _ = person
    page.goto(browser.base + "/administration/accounts")
    page.locator("main form.card [name=role]").select_option(role)
    page.fill("form.card [name=login]", login)
    page.fill("form.card [name=name]", name)
    page.locator("form.card button").click()
    page.wait_for_load_state()
    return re.search(r"/link/[\w-]+", page.get_by_role("status").inner_text())[0]


def sign_in(page, base, person):
    page.goto(base + "/sign-in")
    fill(page, login=person[0], password=person[3])
    submit(page)


def join(browser, link, person):
    """Somebody who was invited takes a password, and a second factor where the role asks for one.

    Returns their page and authenticator.
    """
    page = browser.page()
    page.goto(browser.base + link)
    fill(page, password=person[3])
    submit(page)
    sign_in(page, browser.base, person)
    authenticator = enrol(page) if page.url.endswith("/second-factor") else None
    # Past the recovery codes.
    page.goto(browser.base + "/")
    return page, authenticator


def signed_in(browser, link, role="physicist"):
    """Sets the server up, invites one person and signs them in. Returns their page and authenticator."""
    person = ("phil", "Phil Physicist", role, PASSWORD)
    page = set_up(browser, link)
    invitation = invite(page, browser, person)
    page.close()
    return join(browser, invitation, person)
