#!/usr/bin/env python3
"""Drives the web console in headless Chromium while a session trains, as an operator would.

    console.py --url https://127.0.0.1:8443 --key-file coordinator/admin.key --session fl-session-… [--out FOLDER]

Takes Chromium (Debian: apt-get install chromium) and PyPI's playwright (pip install playwright; its own browsers are not needed).
Ends with 0 when all is well, 1 with what is not, 77 when the browser or playwright is missing. `--out` gets screenshots:
console.png (light), console-dark.png, console-narrow.png, and those of the other pages (console-sessions.png, console-jobs.png, console-job.png,
console-alerts.png, console-nodes.png, each with -dark and -narrow).
"""
import argparse
import datetime
import json
import os
import re
import shutil
import ssl
import sys
import time
import urllib.error
import urllib.request

MISSING = 77
EXPECTED_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def missing(what):
    print(f"skipped: {what}", file=sys.stderr)
    sys.exit(MISSING)


try:
    from playwright.sync_api import sync_playwright
except ImportError:
    missing("playwright is not installed (pip install playwright)")

problems = []


def expect(holds, what):
    if not holds:
        problems.append(what)
        print(f"NOT: {what}", file=sys.stderr)


def watched(page, base):
    """Everything a page asks for and complains about."""
    page.on("console", lambda m: expect(m.type not in ("error", "warning"), f"console says: {m.text}"))
    page.on("pageerror", lambda e: expect(False, f"script fails: {e}"))
    page.on("request", lambda r: expect(r.url.startswith(base + "/"), f"asks elsewhere: {r.url}"))
    # Also what the browser keeps to itself.
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => { (window.violations ??= []).push(e.violatedDirective + ' ' + e.blockedURI); })")
    return page


def violations(page):
    return page.evaluate("window.violations ?? []")


def sign_in(page, base, key):
    """With the keyboard alone: the field has the focus."""
    answer = page.goto(base + "/")
    expect(page.url.endswith("/console/sign-in"), "who is not signed in is led to the sign-in")
    expect(answer.headers.get("content-security-policy") == EXPECTED_POLICY, "the sign-in has the policy")
    expect(page.evaluate("document.activeElement.id") == "key", "the field has the focus")
    page.keyboard.type(key)
    page.keyboard.press("Enter")
    page.wait_for_url(base + "/")
    expect(key not in page.content(), "the key is in no page")


def newest(page):
    """The round of the first row; 0 while there is none."""
    row = page.locator("#rounds-table tbody tr:not(.void)").first
    return int(row.get_attribute("data-round")) if row.count() else 0


def figures_of(page):
    """Table and charts at one moment: by figure and round, with the values as they are shown, and where the dots are."""
    return page.evaluate(
        """() => {
             const places = { accuracy: "#chart-accuracy .series-0", loss: "#chart-loss .series-0", epsilon: "#chart-epsilon .series-0",
                              up: "#chart-bytes .series-0", down: "#chart-bytes .series-1" };
             const found = {};
             for (const [figure, place] of Object.entries(places)) {
               const cells = [...document.querySelectorAll(`#rounds-table tbody tr:not(.void) [data-figure=${figure}]`)];
               const points = [...document.querySelectorAll(place + " .point")];
               const at = (point, name) => Number(point.querySelector(".dot").getAttribute(name));
               found[figure] = {
                 table: Object.fromEntries(cells.map((cell) => [cell.closest("tr").dataset.round, cell.dataset.value]).filter(([_, value]) => value !== "–")),
                 text: cells.every((cell) => cell.textContent.replace("*", "") === cell.dataset.value),
                 chart: Object.fromEntries(points.map((point) => [point.dataset.round, point.dataset.value])),
                 dots: points.map((point) => [Number(point.dataset.round), Number(point.dataset.value), at(point, "cx"), at(point, "cy")]),
               };
             }
             return found;
           }""")


def check_charts(page, expected):
    figures = figures_of(page)
    for figure, found in figures.items():
        expect(found["chart"] == found["table"], f"the chart of {figure} has the table's numbers: {found['chart']} and {found['table']}")
        expect(found["text"], f"the table of {figure} shows what it says")
        expect(len(found["chart"]) >= 2 or figure not in expected, f"there are points of {figure}")
        for (r1, v1, x1, y1), (r2, v2, x2, y2) in zip(found["dots"], found["dots"][1:]):
            expect(x1 < x2 and r1 < r2, f"{figure}: points go to the right")
            # A dot's place is rounded to a tenth, the value that is shown to its last digit.
            expect(v1 == v2 or (y1 > y2) == (v1 < v2) or abs(y1 - y2) < 0.25, f"{figure}: what is more is higher ({v1} at {y1}, {v2} at {y2})")


def check_keyboard(page):
    """From the top with Tab alone: skip link, navigation, the tables' frames, the way to stop; each visibly focused."""
    page.reload()
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(
            """() => { const e = document.activeElement, style = getComputedStyle(e);
                 return [e.id || e.textContent.trim(), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2]; }"""))
        if seen[-1][0] == "stop":
            break
    names = [name for name, _ in seen]
    for name in ("Skip to the content", "Sessions", "Jobs", "Nodes", "Alerts", "Sign out", "rounds-table", "members-table", "sight-table", "stop"):
        expect(name in names, f"Tab comes to {name}: {names}")
    expect(all(ring for name, ring in seen), f"what has the focus is seen to have it: {seen}")
    # The tables scroll with the keyboard.
    page.focus("#rounds-table")
    before = page.evaluate("document.getElementById('rounds-table').scrollTop")
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    height = page.evaluate("(() => { const e = document.getElementById('rounds-table'); return e.scrollHeight - e.clientHeight; })()")
    expect(height <= 0 or page.evaluate("document.getElementById('rounds-table').scrollTop") > before, "the table scrolls with the keyboard")


def check_focus_survives(page, grow):
    """A live table that is replaced keeps the focus and its place."""
    page.focus("#rounds-table")
    before = newest(page)
    if grow(before):
        expect(page.evaluate("document.activeElement.id") == "rounds-table", "the focus stays when the table is replaced")


def ask(base, key, method, path, body=None):
    """The API, as a program asks it: the status and the JSON."""
    # The certificate is the coordinator's own; the browser does not look at it either.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(base + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("authorization", f"Bearer {key}")
    request.add_header("content-type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as reply:
            return reply.status, json.loads(reply.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")[:500]


def submit(base, key, name, **more):
    """A report over the API; its id, or None."""
    status, job = ask(base, key, "POST", "/api/v2/jobs", {"name": name, "type": "report", "parameters": {"kind": "usage"}, **more})
    expect(status == 201, f"the API takes a job: {status} {job}")
    return job["job_id"] if status == 201 else None


def check_jobs(page, base, key, patience):
    """A job that is submitted over the API comes into the list by itself, is looked at, and cancelled with the keyboard. One that ends
    leaves a file. Gives the id of the latter."""
    page.goto(base + "/console/jobs")
    page.locator("#live-state.live").wait_for(timeout=10_000)
    page.evaluate("window.isSamePage = true")
    later = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    waiting, report = submit(base, key, "next month's report", scheduled_at=later), submit(base, key, "today's report")
    if waiting is None or report is None:
        return None
    page.locator(f"#job-{waiting}").wait_for(timeout=patience * 1000)
    expect(page.evaluate("window.isSamePage === true"), "the job comes into the list without the page being loaded again")
    row = page.locator("#jobs-table tbody tr", has=page.locator(f"#job-{waiting}"))
    expect(row.locator(".badge").text_content() == "queued", f"it is queued: {row.text_content()}")
    expect("next month's report" in row.text_content(), "it has its name")

    page.focus(f"#job-{waiting}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/console/jobs/{waiting}")
    expect(page.locator("#times-table tbody tr").count() >= 2, "its page says when it was created and when it may begin")
    page.focus("#cancel")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/console/jobs/{waiting}/cancel")
    page.locator("button.danger").press("Enter")
    page.wait_for_url(f"{base}/console/jobs/{waiting}")
    expect(page.locator("#standing .badge").first.text_content() == "cancelled", "the job is cancelled")
    expect(page.locator("#cancel").count() == 0, "and cannot be cancelled again")
    status, job = ask(base, key, "GET", f"/api/v2/jobs/{waiting}")
    expect(status == 200 and job["status"] == "cancelled", f"the API says so, too: {status} {job}")

    # The other one changes on its page by itself, if it is not over already.
    page.goto(f"{base}/console/jobs/{report}")
    page.locator("#download").wait_for(timeout=patience * 1000)
    expect(page.locator("#standing .badge").first.text_content() == "completed", "the report is completed")
    with page.expect_download() as download:
        page.locator("#download").press("Enter")
    expect(download.value.suggested_filename == f"{report}.json", f"its file is kept as {download.value.suggested_filename}")
    path = download.value.path()
    expect(path is not None and isinstance(json.load(open(path)), dict), "the file is the report")
    expect(violations(page) == [], f"the policy is kept: {violations(page)}")
    return report


def check_alerts(page, base):
    page.goto(base + "/console/alerts")
    page.locator("#live-state.live").wait_for(timeout=10_000)
    expect(page.locator("#standing .badge").first.text_content() in ("excellent", "good", "degraded", "critical"), "there is a grade of the whole")
    rules = page.locator("#rules-table tbody tr")
    expect(rules.count() >= 5, f"the rules are there: {rules.count()}")
    for row in range(rules.count()):
        cells = rules.nth(row).locator("td.number")
        expect(cells.count() == 3 and all(cells.nth(n).text_content().strip() for n in range(3)), f"rule {row} has its numbers")
    page.focus("#rules-table")
    expect(page.evaluate("document.activeElement.id") == "rules-table", "the table can be reached with the keyboard")
    expect(violations(page) == [], f"the policy is kept: {violations(page)}")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--url", required=True)
    options.add_argument("--key-file", required=True)
    options.add_argument("--session", required=True)
    options.add_argument("--out")
    options.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium")
    options.add_argument("--patience", type=float, default=60, help="seconds to wait for rounds")
    options.add_argument("--private", help="another session, with differential privacy, whose charts are looked at")
    options.add_argument("--stop", action="store_true", help="stops the session in the end, through its form")
    given = options.parse_args()
    if not os.path.exists(given.chromium):
        missing("chromium is not installed (apt-get install chromium)")
    base = given.url.rstrip("/")
    key = open(given.key_file).read().strip()
    link = f"{base}/console/sessions/{given.session}"

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=given.chromium, args=["--no-sandbox"])

        def visitor(scheme="light", width=1280, height=900, scale=1, script=True):
            context = browser.new_context(
                ignore_https_errors=True, color_scheme=scheme, viewport={"width": width, "height": height}, device_scale_factor=scale,
                java_script_enabled=script)
            return watched(context.new_page(), base)

        page = visitor()
        sign_in(page, base, key)
        cookies = page.context.cookies()
        expect(len(cookies) == 1, f"there is one cookie: {[c['name'] for c in cookies]}")
        for cookie in cookies:
            expect(
                cookie["name"] == "__Host-tutti" and cookie["httpOnly"] and cookie["secure"] and cookie["sameSite"] == "Strict" and cookie["path"] == "/",
                f"the cookie has its flags: { {k: v for k, v in cookie.items() if k != 'value'} }")
        expect(page.evaluate("document.cookie") == "", "scripts do not see the cookie")
        expect(page.evaluate("localStorage.length + sessionStorage.length") == 0, "nothing is stored in the browser")

        # To the session with the keyboard.
        page.focus(f"#session-{given.session}")
        page.keyboard.press("Enter")
        page.wait_for_url(link)
        page.locator("#live-state.live").wait_for(timeout=10_000)
        page.evaluate("window.isSamePage = true")

        def grow(before):
            end = time.monotonic() + given.patience
            while time.monotonic() < end:
                if newest(page) > before:
                    return True
                page.wait_for_timeout(200)
            return False

        first = newest(page)
        expect(grow(first), f"rows come by themselves (the newest is {first})")
        expect(grow(newest(page)), "and go on to come")
        expect(page.evaluate("window.isSamePage === true"), "without the page being loaded again")
        news = page.locator("#news")
        expect(news.get_attribute("role") == "status", "there is a region that is read aloud")
        expect(re.search(r"Round \d+ of \d+ (is done|left)|was aborted", news.text_content()) is not None, f"it says which round: {news.text_content()}")
        check_charts(page, ["loss", "up", "down"])
        check_focus_survives(page, grow)
        check_keyboard(page)
        expect(violations(page) == [], f"the policy is kept: {violations(page)}")

        report = check_jobs(page, base, key, given.patience)
        check_alerts(page, base)

        if given.out:
            os.makedirs(given.out, exist_ok=True)
        for name, scheme, width in (("", "light", 1280), ("-dark", "dark", 1280), ("-narrow", "light", 360)):
            one = visitor(scheme, width, 900 if width > 400 else 760, 2 if width < 400 else 1)
            one.goto(base + "/console/sign-in")
            if given.out and not name:
                one.screenshot(path=f"{given.out}/console-sign-in.png")
            sign_in(one, base, key)
            for where, path in (("-sessions", "/"), ("", f"/console/sessions/{given.session}"), ("-nodes", "/console/nodes"), ("-jobs", "/console/jobs"),
                                ("-alerts", "/console/alerts")) + ((("-job", f"/console/jobs/{report}"),) if report else ()):
                reply = one.goto(base + path)
                expect(reply.headers.get("content-security-policy") == EXPECTED_POLICY, f"{path} has the policy")
                expect(reply.headers.get("cache-control") == "no-store", f"{path} is not kept")
                wide = one.evaluate("document.documentElement.scrollWidth")
                expect(wide <= width, f"{path} fits into {width} px and takes {wide}")
                if given.out:
                    one.screenshot(path=f"{given.out}/console{where}{name}.png", full_page=where == "")
            expect(violations(one) == [], f"the policy is kept: {violations(one)}")
            one.context.close()

        if given.private:
            page.goto(f"{base}/console/sessions/{given.private}")
            check_charts(page, ["loss", "epsilon", "up", "down"])
            expect(page.locator("#chart-epsilon .bound").count() == 1, "the budget is a line in the chart of ε")

        # Everything is there without the script.
        plain = visitor(script=False)
        plain.goto(base + "/")
        plain.fill("#key", key)
        plain.press("#key", "Enter")
        plain.goto(link)
        expect(plain.locator("#rounds-table tbody tr").count() > 0, "rounds are there without JavaScript")
        expect(plain.locator("#chart-accuracy .point, #chart-loss .point").count() > 0, "so are charts")
        for path, table in (("/console/jobs", "#jobs-table"), ("/console/alerts", "#rules-table")):
            plain.goto(base + path)
            expect(plain.locator(f"{table} tbody tr").count() > 0, f"{path} has its table without JavaScript")
        plain.context.close()

        if given.stop:
            page.goto(link)
            page.focus("#stop")
            page.keyboard.press("Enter")
            page.wait_for_url(link + "/stop")
            page.locator("button.danger").press("Enter")
            page.wait_for_url(link)
            expect(page.locator("#standing .badge").first.text_content() == "stopped", "the session is stopped")
            expect(page.locator("#stop").count() == 0, "and cannot be stopped again")
        page.get_by_role("button", name="Sign out").press("Enter")
        page.wait_for_url(base + "/console/sign-in")
        page.goto(link)
        expect(page.url.endswith("/console/sign-in"), "whoever has signed out sees nothing")
        browser.close()
    if problems:
        print(f"{len(problems)} things are not as they should be", file=sys.stderr)
        sys.exit(1)
    print("the console is as it should be")


main()
