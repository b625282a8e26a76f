"""The page at /, in a real browser: what a person sees, with every back end down."""

import ctypes
import json
import re
import socket
import subprocess
import time

import pytest

pytest.importorskip("selenium", reason="python3-selenium is not installed")

from harness import database, processes  # noqa: E402
from harness.browser import Browser, why_not  # noqa: E402
from harness.load import Clients  # noqa: E402
from harness.paths import ROOT, program  # noqa: E402
from harness.sink import Sink  # noqa: E402
from harness.telemetry import new_trace_id, traceparent  # noqa: E402
from harness.wait import eventually, for_a_while  # noqa: E402

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

WIDTHS = (360, 820, 1240)
PAGE_BYTES, SCRIPT_BYTES = 60_000, 12 * 1024
SEGV = 11
SYS_TGKILL = 234  # x86-64

EVIL = "<script>document.title='broken'</script><img src=x onerror=alert(1)>"


PLACES = """return [...document.querySelectorAll(".backs li, .routes td, .pools .list > li > *, .card")]
    .map((e) => `${e.className} ${e.getBoundingClientRect().x} ${e.getBoundingClientRect().y}`);"""


def status_of(service, query=""):
    return service.get("/status.json" + query).json()


def listed(service, count=1):
    return eventually(lambda: len(found := status_of(service)["requests"]) >= count and found,
                      what=f"{count} requests on the page")


@pytest.fixture
def busy(service):
    """The service with something of everything on its page."""
    for number in range(30):
        service.get(f"/board/{number}")
    for target in ("/board", "/log", "/user"):
        service.get(target)
    last = service.traced("/board/abc").trace_id
    eventually(lambda: last in {one["trace_id"] for one in listed(service, 30)},
               what="the last request on the page")
    return service


@pytest.fixture
def browser():
    with Browser() as one:
        yield one


def test_it_loads_without_a_word_in_the_console(busy, browser):
    browser.open(busy.url)
    browser.wait(lambda: browser.shown(".requests ol li") >= 30)
    before = browser.text("body")
    browser.wait(lambda: browser.text("body") != before, what="a figure that moves")

    assert browser.console() == []
    assert browser.text(".state strong") == "Serving."
    assert browser.text("h1") == "Welcome to the board"
    assert not browser.shown(".stale")


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_at_any_width(busy, width, is_dark):
    with Browser(width, is_dark) as browser:
        browser.open(busy.url)
        browser.wait(lambda: browser.shown(".requests ol li") >= 30)
        browser.click(".requests ol li.error a")
        browser.wait(lambda: browser.shown(".exception pre"), what="the stack")

        assert browser.overflow() == []
        browser.picture(f"page-{width}{'-dark' if is_dark else ''}")


def test_nothing_sticks_out_at_the_widths_between(busy, browser):
    browser.open(busy.url)
    browser.wait(lambda: browser.shown(".requests ol li") >= 30)
    browser.click(".requests ol li.error a")
    browser.wait(lambda: browser.shown(".exception pre"), what="the stack")

    for width in (420, 560, 561, 700, 821, 900, 1000, 1001, 1100, 1920):
        browser.resize(width)
        assert browser.overflow() == [], f"{width} px"


def test_numbers_move_under_load(service, browser):
    browser.open(service.url)
    service.get("/board/10")
    row = 'tr[data-k="board_count GET /board/{count}"]'
    before = eventually(lambda: browser.text(f"{row} .rate"), what="the route")

    with Clients(lambda: service.get("/board/10"), count=2):
        browser.wait(lambda: float(browser.text(f"{row} .rate")) > float(before) + 5, 8,
                     "the rate of the route")
        places = browser.run(PLACES)
        shown = browser.text(f"{row} .p99")
        browser.wait(lambda: browser.text(f"{row} .p99") != shown, 8, "another p99")

    assert browser.run(PLACES) == places, "nothing moves when figures change"


def test_quantiles_are_dashes_where_nothing_was_measured(services, browser):
    service = services(rows=10)
    browser.open(service.url)

    assert browser.shown(".routes .empty")
    assert browser.shown(".routes tbody tr") == 0
    assert browser.console() == []


def writing_thread(service):
    """The thread of /log that waits for a client that does not read."""
    pool = next(pool for pool in status_of(service)["pools"] if pool["name"] == "log")
    busy = [one for one in pool["threads"] if one["activity"] == "writing"]
    return busy and busy[0]


def test_a_crash_shows_within_two_seconds_and_opens_with_signal_and_stack(services, browser):
    service = services(rows=10)
    database.add_calls(service.db, 200_000)
    browser.open(service.url)
    trace_id = new_trace_id()
    client = socket.create_connection(("127.0.0.1", service.ports.http))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.sendall(f"GET /log HTTP/1.1\r\nHost: a\r\ntraceparent: {traceparent(trace_id)}\r\n\r\n"
                   .encode())
    thread = eventually(lambda: writing_thread(service), what="a thread that writes")
    time.sleep(0.3)  # it stays there: the client reads nothing
    thread = eventually(lambda: writing_thread(service), what="the thread that still writes")

    start = time.monotonic()
    ctypes.CDLL(None).syscall(SYS_TGKILL, thread["pid"], thread["tid"], SEGV)
    browser.wait(lambda: browser.shown(".pools .crash"), 4, "the crash")
    taken = time.monotonic() - start
    client.close()

    assert taken < 2.0
    browser.click(".pools .crash:not([hidden])")
    browser.wait(lambda: browser.text(".chosen code") == trace_id, what="the request of the crash")
    browser.wait(lambda: "SIGSEGV" in browser.text(".exception .type")
                 or "SIGSEGV" in browser.text(".exception .message"), what="the signal")
    assert "link.c" in browser.text(".exception pre"), browser.text(".exception pre")
    assert "crash" in browser.texts(".requests li b")
    assert browser.shown(".requests li.error") == 1


def test_a_receiver_that_stops_is_in_the_sentence_and_recovers(services, browser):
    with Sink() as sink:
        service = services(rows=10, OTLP_ENDPOINT=sink.endpoint)
        service.get("/board/1")
        browser.open(service.url)
        browser.wait(lambda: browser.text(".state strong") == "Serving.", 10)

        sink.status = 503
        service.get("/board/1")
        browser.wait(lambda: "telemetry" in browser.text(".state strong"), 10, "the trouble")
        assert browser.run("return document.querySelector('.state').classList"
                           ".contains('warning')")
        assert browser.shown(".remedy")
        assert sink.endpoint.rpartition("/")[2] in browser.text(".l-error")

        sink.status = 200
        browser.wait(lambda: browser.text(".state strong") == "Serving.", 30, "the recovery")
        service.stop()


def test_the_chosen_trace_is_in_the_address(busy, browser):
    browser.open(busy.url)
    browser.wait(lambda: browser.shown(".requests ol li") >= 30)
    browser.click(".requests ol li:nth-child(5) a")
    browser.wait(lambda: "trace=" in browser.driver.current_url)
    trace_id = browser.driver.current_url.rpartition("=")[2]
    browser.wait(lambda: browser.text(".chosen code") == trace_id, what="the chosen request")

    with Browser() as colleague:
        colleague.open(f"{busy.url}/?trace={trace_id}")
        assert colleague.text(".chosen code") == trace_id
        assert colleague.shown(".spans li") >= 2
        assert colleague.shown(".requests [aria-current=true]") == 1
        colleague.wait(lambda: colleague.run("return performance.getEntriesByType('resource').filter("
                                             "(e) => e.name.includes('/status.json')).length") >= 2)
        names = colleague.texts(".spans .name")
        assert names.count("write answer") <= 1 and names.count("queued in front") <= 1, names

    browser.driver.back()
    browser.wait(lambda: not browser.shown(".chosen .body"), what="nothing chosen")


def test_keys_move_through_the_requests(busy, browser):
    browser.open(busy.url)
    browser.wait(lambda: browser.shown(".requests ol li") >= 30)
    order = browser.run("return [...document.querySelectorAll('.requests ol a')].map((a) => "
                        "new URLSearchParams(a.search).get('trace'));")

    for key, place in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("k", 0)):
        browser.key(key)
        assert browser.driver.current_url.endswith(order[place]), (key, place)


def test_filters_work_without_script_and_so_does_all_else(busy):
    with Browser(has_script=False) as browser:
        browser.open(busy.url)
        source = browser.driver.page_source
        elements = browser.driver.find_elements
        rows = elements("css selector", ".requests ol li")
        assert "Serving." in source and len(rows) >= 30
        assert len(elements("css selector", ".routes tbody tr")) >= 4
        assert len(elements("css selector", ".pools .list > li")) == 5
        assert len(elements("css selector", ".pools .list .threads li")) >= 5 * 2 * 4
        assert len(elements("css selector", ".books tbody tr")) == 8

        browser.driver.find_element("css selector", "label[for=f-errors]").click()
        seen = [row for row in rows if row.is_displayed()]
        assert seen and all("error" in row.get_attribute("class") for row in seen)

        seen[0].find_element("css selector", "a").click()
        stack = browser.driver.find_element("css selector", ".exception pre")
        assert stack.is_displayed() and "user.c" in stack.text


def test_paths_and_texts_made_of_script_stay_text(service, browser):
    service.get(f"/{EVIL.replace(' ', '%20')}", [("User-Agent", EVIL)])
    service.get("/board/1", [("User-Agent", EVIL), ("custom_request_header", EVIL)])
    found = eventually(lambda: [one for one in status_of(service)["requests"]
                                if "<script>" in one["path"]], what="the request")
    browser.open(f"{service.url}/?trace={found[0]['trace_id']}")
    browser.wait(lambda: any("<script>" in path for path in browser.texts(".requests li code")))
    time.sleep(1.5)  # the script's own turn

    assert browser.driver.title == "Serving. – The board"
    assert "<script>" in " ".join(browser.texts(".spans .words"))
    assert browser.run("return document.images.length") == 0
    assert browser.console() == []
    page = service.get("/").text
    assert page.count("<script") == 1 and "<img" not in page


def test_it_says_since_when_it_is_stale_and_goes_on_by_itself(services, browser):
    service = services(rows=10)
    browser.open(service.url)
    browser.wait(lambda: browser.text(".up"))

    service.stop()
    browser.wait(lambda: browser.text(".stale").startswith("Stale since"), 6, "the stale line")
    service.start()
    browser.wait(lambda: not browser.shown(".stale"), 8, "the recovery")


HIDE = """Object.defineProperty(document, "hidden", { value: arguments[0], configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));"""
ASKED = """return performance.getEntriesByType('resource')
    .filter((e) => e.name.includes('/status.json')).length"""


def test_it_asks_nothing_while_it_is_hidden(service, browser):
    browser.open(service.url)
    browser.wait(lambda: browser.run(ASKED) >= 2, 6, "questions each second")

    browser.run(HIDE, True)
    asked = browser.run(ASKED)
    for_a_while(lambda: None, 3)
    assert browser.run(ASKED) <= asked + 1  # one may have been under way

    browser.run(HIDE, False)
    browser.wait(lambda: browser.run(ASKED) >= asked + 3, 6, "questions again")
    assert not browser.shown(".stale")


def test_the_trace_id_is_copied(busy, browser):
    trace_id = listed(busy)[0]["trace_id"]
    browser.allow(busy.url, "clipboardReadWrite", "clipboardSanitizedWrite")
    browser.open(f"{busy.url}/?trace={trace_id}")

    browser.wait(lambda: browser.shown(".copy"), 6, "the button")
    browser.run("document.querySelector('.copy').click()")

    browser.wait(lambda: browser.text(".copy") == "copied", 6, "the word for it")
    assert browser.run("return navigator.clipboard.readText()") == trace_id


OWN = ("/", "/?trace=0af7651916cd43dd8448eb211c80319c", "/status.json", "/metrics", "/page/page.css",
       "/page/page.js", "/page/icon.svg")


def test_it_is_observed_by_nothing(service, browser):
    browser.open(service.url)
    asked = [service.traced(target).trace_id for target in OWN]
    browser.wait(lambda: browser.run("return performance.getEntriesByType('resource').filter("
                                     "(e) => e.name.includes('/status.json')).length") >= 2)
    # The same pool, and after them: when this is there, they would be.
    fence = service.traced("/nowhere").trace_id

    service.telemetry.server_span(fence)
    eventually(lambda: fence in {one["trace_id"] for one in status_of(service)["requests"]},
               what="the unknown path on the page")
    eventually(lambda: service.telemetry.points("http.server.request.duration", "status"),
               what="the pool's metrics")
    for trace_id in asked:
        assert service.telemetry.spans(trace_id=trace_id) == []
        assert service.telemetry.logs(trace_id=trace_id) == []
    told = status_of(service)
    own = {target.partition("?")[0] for target in OWN}
    assert not own & {one["path"] for one in told["requests"]}
    assert not own & {one["route"] for one in told["routes"]}
    assert not own & {point.attributes.get("http.route") for point in
                      service.telemetry.points("http.server.request.duration")}
    assert not own & {span.attributes.get("url.path") for span in service.telemetry.spans()}


def test_it_is_small(busy):
    """Page, style and script as they are, with all there is to show; and the script alone."""
    style, script = (busy.get(f"/page/page.{kind}") for kind in ("css", "js"))
    for _ in range(20):
        busy.get("/user")  # more failed ones than are kept
    with Clients(lambda: busy.get("/board/10"), count=2):
        failed = [one for one in listed(busy, 61) if one["is_error"]]
        page = busy.get(f"/?trace={failed[0]['trace_id']}")
    unseen = 60 * page.text.count("<polyline") - len(re.findall(r"\d+,\d+ ", page.text))

    assert "user.c:" in page.text.partition("<pre")[2]  # it is chosen, and its stack is there
    # A step of ten minutes that have not been is at most "59,90 ".
    whole = len(page.body) + 6 * unseen + len(style.body) + len(script.body)
    assert whole < PAGE_BYTES, (len(page.body), unseen, len(style.body), len(script.body))
    assert len(script.body) < SCRIPT_BYTES
    assert "text/javascript" in script.type
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert not re.search(r"https?://(?!127\.0\.0\.1|localhost)", script.text)


def test_a_request_that_is_clicked_under_load_opens_though_it_has_left_the_list(service, browser):
    browser.open(service.url)
    with Clients(lambda: service.get("/board/10"), count=4):
        browser.wait(lambda: browser.shown(".requests ol li") >= 50, 10)
        before = browser.text(".requests ol")
        browser.wait(lambda: browser.text(".requests ol") != before, what="the script's own list")
        trace_id = browser.run("""
          const a = [...document.querySelectorAll(".requests li:not(.error) a")].pop();
          a.click();
          return new URLSearchParams(a.search).get("trace");""")
        browser.wait(lambda: trace_id not in {one["trace_id"] for one in
                                              status_of(service)["requests"]}, what="newer ones")
        browser.wait(lambda: not browser.run("return document.querySelector("
                                             "'.requests [aria-current]');"), what="a newer list")

        assert browser.text(".chosen code") == trace_id and browser.shown(".chosen .body")
        assert "SELECT board" in browser.texts(".spans .name")
        assert not browser.shown(".gone")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_largest_figures_are_not_cut(busy, width):
    with Browser(width) as browser:
        browser.open(busy.url)
        browser.wait(lambda: browser.shown(".requests ol li") >= 30)
        cut = browser.run("""
          const large = { ".rate": "12345", ".p50": "9999", ".p95": "9999", ".p99": "9999", ".errors": "100 %",
            ".pools .queue": "queue 1024 / 1024", ".books td": "999\u202f999\u202f999", ".requests li span": "99999 ms" };
          return Object.entries(large).flatMap(([what, text]) => [...document.querySelectorAll(what)]
            .filter((e) => { e.textContent = text; return e.scrollWidth > e.clientWidth && e.clientWidth; })
            .map((e) => `${what} ${e.scrollWidth} > ${e.clientWidth}`));""")

        heights = browser.run("""
          const detail = document.querySelector(".detail"), said = detail.textContent;
          return ["0.1 s", "12 s", "119 min", "47 h 59 min"].map((age) => {
            detail.textContent = said.replace(/left .*? ago/, `left ${age} ago`);
            return document.querySelector(".state").offsetHeight; });""")

        assert cut == []
        assert len(set(heights)) == 1, f"the page moves by ages: {heights}"


def test_the_books_add_up_on_screen(busy, browser):
    browser.open(busy.url)
    browser.wait(lambda: browser.text(".up"))

    def columns_add_up():
        rows = browser.run("return [...document.querySelectorAll('.books tbody tr')].map((r) => "
                           "[...r.querySelectorAll('td')].map((d) => d.textContent));")
        figures = [[int(re.sub(r"\D", "", cell)) for cell in row] for row in rows]
        return figures[-1] == [sum(column) for column in zip(*figures[:-1])] and figures[-1][0] > 0
    assert columns_add_up()


def test_queue_time_is_whole_milliseconds_and_never_negative(busy):
    answer = busy.traced("/board/2")
    span = busy.telemetry.server_span(answer.trace_id)

    assert isinstance(span.attributes["board.queue_time"], int)
    assert 0 <= span.attributes["board.queue_time"] < 1000
    parts = eventually(lambda: status_of(busy, f"?trace={answer.trace_id}")["request"],
                       what="the request")["parts_ms"]
    assert parts["queue"] == int(parts["queue"]) >= 0


@pytest.mark.parametrize("accept", ["*/*", "application/openmetrics-text;version=1.0.0"])
def test_metrics_are_valid(busy, accept):
    answer = busy.get("/metrics", [("Accept", accept)])
    is_open = "openmetrics" in accept

    assert answer.type.startswith("application/openmetrics-text" if is_open else "text/plain")
    assert answer.text.endswith("# EOF\n") == is_open
    assert 'http_server_request_duration_seconds_count{fcgi_pool="board"' in answer.text
    if is_open:
        return  # promtool reads the older format
    found = subprocess.run([ROOT / "otel/collector/get_program", "promtool"], capture_output=True,
                           text=True, check=False)
    if found.returncode != 0:
        pytest.skip("promtool can be had neither from Debian's package prometheus nor from PATH")
    done = subprocess.run([found.stdout.strip(), "check", "metrics"], input=answer.body,
                          check=False, capture_output=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_details_need_the_token_where_the_port_is_open_to_others(services, browser):
    service = services(rows=10, BIND="0.0.0.0", TOKEN="open-sesame")
    service.get("/board/1")

    assert set(service.get("/status.json").json()) == {"version", "at_ms", "state", "level",
                                                       "detail", "remedy"}
    assert service.get("/metrics").status == 403
    assert "pools" in service.get("/status.json?token=open-sesame").json()
    assert "pools" not in service.get("/status.json?token=open-sesamf").json()
    browser.open(service.url)
    assert browser.text(".state strong") == "Serving." and not browser.shown("main")
    browser.open(f"{service.url}/?token=open-sesame")
    browser.wait(lambda: browser.shown(".requests ol li"), what="the details")
    browser.click(".requests ol a")
    browser.wait(lambda: browser.text(".chosen code") and "token=open-sesame" in
                 browser.driver.current_url)
    assert browser.console() == []


def test_otel_status_shows_the_same_with_nginx_down(services):
    service = services(rows=10)
    service.get("/board/1")
    listed(service)
    nginx = int((service.run / "nginx.pid").read_text())
    processes.kill(nginx)

    text = subprocess.run([program("otel-status"), "--dir", service.run], check=True,
                          capture_output=True, text=True).stdout
    data = json.loads(subprocess.run([program("otel-status"), "--json", "--dir", service.run],
                                     check=True, capture_output=True, text=True).stdout)

    assert text.startswith("Serving.") and "/board/{count}" in text and "/board/1" in text
    assert data["version"] == 2 and {pool["name"] for pool in data["pools"]} >= {"board", "log"}


@pytest.mark.parametrize("installation, remedy", [("make", "make start"),
                                                  ("compose", "docker compose up -d board")])
def test_remedies_are_commands_of_the_installation(pools, installation, remedy):
    alone = pools("status", environment={"BOARD_INSTALLATION": installation})
    told = json.loads(alone.get("/status.json").body)

    assert told["remedy"] == remedy and told["state"].startswith("Not serving /board, ")
    assert {pool["name"]: pool["remedy"] for pool in told["pools"]}["board"] == remedy
    assert f"<code class=\"fix\">{remedy}</code>" in alone.get("/").body.decode()


def test_the_readme_has_its_picture():
    for name in ("page.png", "page-dark.png"):
        assert (ROOT / "fcgi_app" / "view" / "pictures" / name).stat().st_size > 10_000
