"""The page at / for everybody: contrast, colours of the colour blind, names for who hears the page,
keys for who has no mouse. Asked of a real browser, in light and in dark."""

import itertools

import pytest

pytest.importorskip("selenium", reason="python3-selenium is not installed")

from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

from harness import processes  # noqa: E402
from harness.browser import Browser, why_not  # noqa: E402
from harness.wait import eventually  # noqa: E402

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

AA_TEXT, AA_LARGE, AA_GRAPHIC = 4.5, 3.0, 3.0
PARTS = ("queue", "application", "database", "writing")
ACTIVITIES = ("idle", "reading", "working", "writing", "missing")

# Each text that is seen: [what, colour, colours behind it from the nearest, pixels, weight].
TEXTS = """
const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement, style = getComputedStyle(e), backs = [];
  if (!walker.currentNode.textContent.trim() || !e.checkVisibility() || e.closest(".vh")) continue;
  for (let p = e; p; p = p.parentElement) {
    if (getComputedStyle(p).opacity !== "1") found.push([p.className, "opacity"]);
    backs.push(getComputedStyle(p).backgroundColor);
  }
  found.push([`${e.tagName}.${e.className} "${walker.currentNode.textContent.trim().slice(0, 30)}"`,
              style.color, backs, parseFloat(style.fontSize), Number(style.fontWeight)]);
}
return found;
"""

COLOURS = """
const value = (e, name) => getComputedStyle(e).getPropertyValue(name);
return { card: value(document.querySelector(".card"), "background-color"),
  parts: [3, 2, 1].map((i) => value(document.querySelector(`.requests rect:nth-child(${i})`), "fill"))
    .concat(value(document.querySelector(".requests svg"), "background-color")),
  squares: arguments[0].map((name) => { const e = document.querySelector(`.legend .${name}`);
    return [value(e, "border-top-color"), value(e, "border-top-style"), value(e, "background-image"),
            value(e, "background-color")]; }) };
"""


def rgba(text):
    numbers = [float(part) for part in text[text.index("(") + 1:-1].split(",")]
    return (*numbers[:3], numbers[3] if len(numbers) > 3 else 1.0)


def effective(backs):
    """The colour behind a text: the nearest first, each laid over the ones below."""
    colour = (255.0, 255.0, 255.0)
    for red, green, blue, alpha in reversed([rgba(back) for back in backs]):
        colour = tuple(alpha * new + (1 - alpha) * old for new, old in zip((red, green, blue), colour))
    return colour


def luminance(colour):
    linear = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
              for part in colour[:3]]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(one, other):
    """As WCAG 2 defines it: 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def too_faint(browser):
    found = []
    for text in browser.run(TEXTS):
        if text[1] == "opacity":
            found.append(f"{text[0]} is translucent")
            continue
        what, colour, backs, pixels, weight = text
        wanted = AA_LARGE if pixels >= 24 or (pixels >= 18.66 and weight >= 700) else AA_TEXT
        ratio = contrast(rgba(colour), effective(backs))
        if ratio < wanted:
            found.append(f"{what} {ratio:.2f}")
    return found


@pytest.fixture(scope="module")
def busy(service):
    for number in range(12):
        service.get(f"/board/{number}")
    for target in ("/board", "/log", "/user", "/board/abc", "/nowhere"):
        service.get(target)
    eventually(lambda: len(service.get("/status.json").json()["requests"]) >= 15, what="requests")
    return service


@pytest.fixture(scope="module", params=[False, True], ids=["light", "dark"])
def browser(request):
    with Browser(is_dark=request.param) as one:
        yield one


@pytest.fixture(scope="module")
def opened(busy, browser):
    """With a failed request chosen: its exception shows."""
    browser.open(busy.url)
    browser.wait(lambda: browser.shown(".requests li.error") >= 1)
    browser.click(".requests li.error a")
    browser.wait(lambda: browser.shown(".exception pre"), what="the stack")
    return browser


def test_every_text_stands_out_from_what_is_behind_it(opened):
    opened.click("summary")  # the settings in force

    assert len(opened.run(TEXTS)) > 150
    assert too_faint(opened) == []


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_texts_of_trouble_stand_out_too(services, is_dark):
    service = services(rows=10)
    with Browser(is_dark=is_dark) as browser:
        see_trouble(service, browser)


def see_trouble(service, browser):
    browser.open(service.url)
    browser.wait(lambda: browser.text(".up"))
    for pool in ("log", "user"):
        keeper = int((service.run / f"{pool}.keeper.pid").read_text())
        processes.kill(keeper, 15)
        processes.wait_gone(keeper)
    browser.wait(lambda: "Not serving" in browser.text(".state strong"), 10, "the sentence")
    assert "make" in browser.text(".remedy") and browser.shown(".down .fix")
    assert too_faint(browser) == []

    service.stop()
    browser.wait(lambda: browser.text(".stale"), 8, "the stale line")
    assert too_faint(browser) == []


def test_states_of_threads_are_patterns_and_outlines_not_colours_alone(opened):
    colours = opened.run(COLOURS, ACTIVITIES)
    card = rgba(colours["card"])

    # Hollow, hatched, full, dotted, dashed.
    looks = [(style, image.partition("(")[0], image == "none" and outline == back)
             for outline, style, image, back in colours["squares"]]
    assert len(set(looks)) == len(ACTIVITIES), looks
    assert [name for name, (outline, *_) in zip(ACTIVITIES, colours["squares"])
            if contrast(rgba(outline), card) < AA_GRAPHIC] == []
    assert [part for part, colour in zip(PARTS, colours["parts"])
            if contrast(rgba(colour), card) < AA_GRAPHIC] == []


# Machado, Oliveira, Fernandes 2009, severity 1; on linear light.
BLIND = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                   (0.004733, 0.691367, 0.303900)),
}


def lab(colour, matrix=None):
    linear = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
              for part in colour[:3]]
    if matrix:
        linear = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear)))) for row in matrix]
    xyz = [sum(a * b for a, b in zip(row, linear)) / white for row, white in (
        ((0.4124, 0.3576, 0.1805), 0.9505), ((0.2126, 0.7152, 0.0722), 1.0),
        ((0.0193, 0.1192, 0.9505), 1.089))]
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def test_parts_of_a_request_differ_for_every_sight(opened):
    colours = opened.run(COLOURS, ACTIVITIES)["parts"]

    # 10 is told apart at a glance when they touch; in a bar they always come in this order.
    for sight, matrix in {"all colours": None, **BLIND}.items():
        seen = {part: lab(rgba(colour), matrix) for part, colour in zip(PARTS, colours)}
        close = [(one, other) for one, other in itertools.combinations(PARTS, 2)
                 if sum((a - b) ** 2 for a, b in zip(seen[one], seen[other])) ** 0.5 < 10]
        assert close == [], sight


def test_everything_has_a_name_for_who_hears_the_page(opened):
    tree = opened.accessibility()
    named = {"link", "button", "radio", "img", "image", "table", "list", "region", "DisclosureTriangle"}

    silent = [node for node in tree if (node["role"] in named or node["focusable"])
              and not node["name"] and node["role"] not in ("RootWebArea", "list")]
    assert silent == []
    names = {(node["role"], node["name"].lower()) for node in tree}  # headings are shown as capitals
    for region in ("routes", "pools", "requests", "the chosen request", "telemetry books", "database",
                   "launchers"):
        assert ("region", region) in names
    assert {("group", "show"), ("button", "copy the trace id"), ("table", "routes"),
            ("list", "spans"), ("list", "back ends")} <= names
    # The squares in words.
    assert any(role in ("img", "image") and "idle" in name for role, name in names)


def test_each_cell_of_a_table_has_its_headers(opened):
    wrong = opened.run("""
      return [...document.querySelectorAll("table")].flatMap((table) => {
        const head = [...table.tHead.rows[0].cells];
        return [...table.tBodies[0].rows].flatMap((row) => [...row.cells].filter((cell, i) =>
          !(head[i]?.tagName === "TH" && head[i].scope === "col" && head[i].textContent.trim()) ||
          (i === 0) !== (cell.tagName === "TH" && cell.scope === "row")).map((c) => c.outerHTML));
      });""")
    assert wrong == []
    assert opened.run("return document.querySelectorAll('tbody tr').length") >= 12


def test_the_sentence_is_read_aloud_and_the_figures_behind_it_are_not(opened):
    live = opened.run("return [...document.querySelectorAll('[role=status], [aria-live]')]"
                      ".map((e) => `${e.tagName}.${e.className}`);")

    assert live == ["STRONG.", "P.stale"]
    assert opened.text("[role=status]") == "Serving."
    assert opened.driver.title == "Serving. – The board"
    assert opened.run("return document.documentElement.lang") == "en"


def test_all_of_it_is_reached_by_keys_and_focus_is_seen(opened):
    card = rgba(opened.run(COLOURS, ACTIVITIES)["card"])
    seen, faint = set(), []

    for _ in range(110):
        ActionChains(opened.driver).send_keys(Keys.TAB).perform()
        where, style, width, colour = opened.run("""
          const e = document.activeElement, shown = e.matches(".requests input") ? e.nextElementSibling : e;
          const s = getComputedStyle(shown);
          const part = e.closest(".backs, .routes, fieldset, ol, .trace, pre, details, footer") || e;
          return [part.className || part.tagName, s.outlineStyle, parseFloat(s.outlineWidth), s.outlineColor];""")
        if where == "BODY":
            break
        seen.add(where)
        if style == "none" or width < 2 or contrast(rgba(colour), card) < AA_GRAPHIC:
            faint.append((where, style, width, colour))
    assert faint == []
    assert {"backs", "card routes", "FIELDSET", "OL", "trace", "PRE", "DETAILS", "FOOTER"} <= seen

    ActionChains(opened.driver).send_keys("j").perform()
    first = opened.driver.current_url
    ActionChains(opened.driver).send_keys("j").perform()
    opened.wait(lambda: opened.driver.current_url != first, what="the next request by j")
    assert opened.run("return document.activeElement.ariaCurrent") == "true"
    ActionChains(opened.driver).send_keys(Keys.ARROW_UP).perform()
    opened.wait(lambda: opened.driver.current_url == first, what="the one before by the arrow")
