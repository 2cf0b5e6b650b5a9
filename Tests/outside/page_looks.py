"""What must hold for the look of every page: nothing overlaps, nothing is cut, axe has no complaint."""
from browser_page import check_axe

HEIGHT = 900
WIDTH = 1280
# 1280 wide at 200 % zoom.
ZOOMED = 640
# A theme changes colours alone, so one of them is enough for the places of things.
SHOWN = [("light", [WIDTH, 1920, ZOOMED]), ("dark", [WIDTH])]

# Elements that hold text or take input, with where they are seen. Inside the images, names lie on
# the picture on purpose; a table that is too wide scrolls in its own frame.
LEAVES = """() => {
    const leaves = [];
    for (const e of document.body.querySelectorAll("*")) {
        const isField = ["INPUT", "SELECT", "TEXTAREA", "BUTTON", "SUMMARY"].includes(e.tagName);
        const hasText = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== "");
        if (!isField && !hasText) continue;
        if (e.closest(".viewer-stage, .visually-hidden, .skip-link, svg, option, [hidden]")) continue;
        if (!e.checkVisibility()) continue;
        const box = e.getBoundingClientRect();
        if (box.width > 0 && box.height > 0) leaves.push([e, box]);
    }
    const name = (e) => `${e.tagName.toLowerCase()} '${(e.innerText || e.name || "").slice(0, 30)}'`;
    const faults = [];
    leaves.forEach(([a, p], n) => leaves.slice(n + 1).forEach(([b, q]) => {
        if (a.contains(b) || b.contains(a)) return;
        const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
        const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
        if (across > 2 && down > 2) faults.push(`${name(a)} overlaps ${name(b)}`);
    }));
    for (const [e] of leaves)
        if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible"
            && e.tagName !== "SELECT" && e.type !== "range") faults.push(`${name(e)} is cut`);
    return faults;
}"""
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll(".table-wrap")]
    .filter((e) => e.scrollWidth > e.clientWidth + 1)
    .map((e) => `${e.className || "page"} is ${e.scrollWidth} px in ${e.clientWidth} px`)"""
CUT_LABELS = """() => [...document.querySelectorAll(".viewport-label")]
    .filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
    .map((e) => e.innerText.slice(0, 40))"""
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
    .filter((e) => e.checkVisibility() && e.type !== "hidden" && !e.classList.contains("skip-link"))
    .filter((e) => {
        const box = (e.closest("label") ?? e).getBoundingClientRect();
        // A link within a sentence is exempt (WCAG 2.5.8).
        const inText = e.tagName === "A" && [...e.parentNode.childNodes].some((n) => n !== e && n.textContent.trim());
        return !inText && (box.width < 24 || (box.height < 24 && e.type !== "range"));
    }).map((e) => e.outerHTML.slice(0, 80))"""


def look(page, name, folder, report):
    """Checks the page as it stands in both themes and widths, and keeps a picture of each."""
    top = "new Promise((done) => { scrollTo(0, 0); requestAnimationFrame(() => setTimeout(done, 60)); })"
    for theme, widths in SHOWN:
        page.emulate_media(color_scheme=theme)
        for width in widths:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.evaluate(top)
            where = f"{name}, {theme}, {width} px"
            faults = page.evaluate(LEAVES)
            report.check(faults == [], f"{where}: {faults[:4]}")
            sideways = page.evaluate(SIDEWAYS)
            if width == ZOOMED:
                # Tables may scroll in their frame, the page may not (WCAG 1.4.10).
                sideways = [s for s in sideways if s.startswith("page")]
            else:
                page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=True)
                cut = page.evaluate(CUT_LABELS)
                report.check(cut == [], f"{where}: names of series are cut: {cut}")
            report.check(sideways == [], f"{where}: {sideways}")
        check_axe(page, f"{name}, {theme}", report)
    small = page.evaluate(SMALL_TARGETS)
    report.check(small == [], f"{name}: targets below 24 px: {small[:4]}")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def check_origins(page, name, report):
    """Every group of numbers is one stop of Tab, and its numbers say on focus where they came from."""
    box, told = page.locator("#origin-box"), 0
    for group in page.locator("[data-origins]:has([data-origin])").all():
        if not group.is_visible():
            continue
        stops = group.locator("[data-origin][tabindex='0']")
        report.check(stops.count() == 1, f"{name}: {stops.count()} stops in a group of numbers")
        stops.first.focus()
        facts = box.locator("dd").all_inner_texts() if box.is_visible() else []
        report.check(len(facts) > 2 and all(facts), f"{name}: '{stops.first.inner_text()}' comes from {facts}")
        page.keyboard.press("Escape")
        report.check(not box.is_visible(), f"{name}: Escape leaves the box open")
        told += 1
    report.check(told > 0, f"{name}: no number says where it came from")
