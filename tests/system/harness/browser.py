"""A real browser (Debian's chromium) that looks at the page at /, and what it saw."""

import os
import shutil
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from .paths import BUILD, tool
from .wait import eventually

PICTURES = BUILD / "pictures"  # kept as artefacts of the build

# Each element that shows something and sticks out of the window or of its card, by its path.
# What scrolls, or cuts by design, is whole inside.
OVERFLOW = """
const wide = document.documentElement.clientWidth, found = [];
const cuts = (e) => { for (let p = e.parentElement; p; p = p.parentElement)
  if (getComputedStyle(p).overflowX !== "visible") return true; return false; };
for (const e of document.querySelectorAll("body *")) {
  const box = e.getBoundingClientRect(), card = e.closest(".card, .state, header");
  if (!box.width || !box.height || e.closest(".vh, svg, template") || cuts(e)) continue;
  const limit = card && card !== e ? card.getBoundingClientRect() : { left: 0, right: wide };
  if (box.right > limit.right + 1 || box.left < limit.left - 1)
    found.push(`${e.tagName}.${e.className} ${Math.round(box.left)}..${Math.round(box.right)}`);
}
if (document.documentElement.scrollWidth > wide) found.push("the page scrolls sideways");
return found;
"""

# Cards that lie over each other.
OVERLAPS = """
const boxes = [...document.querySelectorAll(".card")].map((e) => [e.className, e.getBoundingClientRect()]);
return boxes.flatMap(([a, x], i) => boxes.slice(i + 1).filter(([, y]) => x.left < y.right - 1 &&
  y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1).map(([b]) => `${a} over ${b}`));
"""


def why_not():
    """The reason why there is no browser here, or None."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"{' and '.join(missing)} not installed" if missing else None


class Browser:
    def __init__(self, width=1240, is_dark=False, has_script=True, height=1100):
        options = Options()
        for argument in ("--headless=new", "--disable-dev-shm-usage", "--hide-scrollbars",
                         "--disable-gpu", "--no-first-run"):
            options.add_argument(argument)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # Chromium refuses root otherwise
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(tool("chromedriver")), options=options)
        self.width = width
        self.resize(width, height)
        self._command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])
        if not has_script:
            self._command("Emulation.setScriptExecutionDisabled", value=True)

    def _command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    def resize(self, width, height=1100):
        self._command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=False)

    def allow(self, origin, *permissions):
        """What a person would be asked for."""
        self._command("Browser.grantPermissions", origin=origin.rstrip("/"),
                      permissions=list(permissions))

    def open(self, url):
        self.driver.get(url)
        return self

    def close(self):
        self.driver.quit()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- questions ----------------------------------------------------------------------------

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def text(self, selector):
        """What the first element of the selector holds; "" when there is none."""
        return self.run("const e = document.querySelector(arguments[0]);"
                        "return e ? e.textContent : '';", selector)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])]"
                        ".map((e) => e.textContent);", selector)

    def shown(self, selector):
        """How many elements of the selector take room."""
        return self.run("return [...document.querySelectorAll(arguments[0])]"
                        ".filter((e) => e.getClientRects().length).length;", selector)

    def click(self, selector):
        self.run("document.querySelector(arguments[0]).click();", selector)

    def key(self, key, selector="body"):
        """As typed with the element in focus."""
        self.run("document.querySelector(arguments[0]).dispatchEvent("
                 "new KeyboardEvent('keydown', {key: arguments[1], bubbles: true, "
                 "cancelable: true}));", selector, key)

    def console(self):
        """Messages so far, violations of the policy among them."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def wait(self, probe, timeout=5.0, what="the page"):
        return eventually(probe, timeout, what)

    def overflow(self):
        return self.run(OVERFLOW) + self.run(OVERLAPS)

    def accessibility(self):
        """What a screen reader is told: role, name and whether the keyboard reaches it."""
        nodes = self._command("Accessibility.getFullAXTree")["nodes"]
        return [{"role": node["role"]["value"], "name": node.get("name", {}).get("value", ""),
                 "focusable": any(one["name"] == "focusable" and one["value"]["value"]
                                  for one in node.get("properties", []))}
                for node in nodes if not node.get("ignored")]

    def picture(self, name):
        """The whole page as build/…/pictures/NAME.png."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        height = self.run("return document.documentElement.scrollHeight;")
        self._command("Emulation.setDeviceMetricsOverride", width=self.width, height=height,
                      deviceScaleFactor=1, mobile=False)
        time.sleep(0.2)  # for the browser to paint; nothing is compared with the picture
        self.driver.save_screenshot(str(PICTURES / f"{name}.png"))
