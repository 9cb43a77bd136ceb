"""A real browser for the tests: headless Chromium, spoken to through two pipes by its DevTools protocol."""

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

NAMES = "chromium", "chromium-browser", "google-chrome", "chrome"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
         "--disable-default-apps", "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe"]
PATIENCE = 300  # s, against a browser that hangs; no test is about time


def find():
    """The path of the browser, None where there is none or where it cannot be spoken to in this way."""
    return next(filter(None, map(shutil.which, NAMES)), None) if os.name == "posix" else None


class Browser:
    """A running browser; a context."""

    def __init__(self, path, folder):
        self.path, self.folder = path, folder
        self._ids, self._rest, self.events = itertools.count(1), b"", []

    def __enter__(self):
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        home = {"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder)}

        def as_3_and_4():
            read, written = os.dup(theirs_in), os.dup(theirs_out)  # out of the way, should they be 3 and 4 themselves
            os.dup2(read, 3)
            os.dup2(written, 4)

        self._process = subprocess.Popen(
            [self.path, *FLAGS, f"--user-data-dir={self.folder / 'profile'}"], preexec_fn=as_3_and_4, close_fds=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **home})
        os.close(theirs_in)
        os.close(theirs_out)
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self._process.wait(PATIENCE)
        except (OSError, subprocess.TimeoutExpired, EOFError):
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def call(self, method, session=None, **params):
        """The answer to a command; events that come before it are kept."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            got = self._next()
            if got.get("id") == number:
                if "error" in got:
                    raise ValueError(f"{method}: {got['error']['message']}")
                return got["result"]
            self.events.append(got)

    def _next(self):
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise EOFError("the browser does not answer")
            got = os.read(self._in, 1 << 20)
            if not got:
                raise EOFError("the browser has gone")
            self._rest += got
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def open(self, path, width=1000, dark=False, still=False):
        """The page of a file, loaded."""
        return Tab(self, Path(path).resolve().as_uri(), width, dark, still)


class Tab:
    """A page in the browser."""

    def __init__(self, browser, url, width, dark, still):
        self.browser, self.url = browser, url
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                    {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"}]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.size(width, 900)
        self.call("Page.bringToFront")
        self.call("Page.navigate", url=url)
        while not self.run("location.href !== 'about:blank' && document.readyState === 'complete'"):
            time.sleep(0.02)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)

    def run(self, script):
        """The value of a script; a promise is waited for."""
        got = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in got:
            raise ValueError(got["exceptionDetails"].get("exception", {}).get("description", "script failed"))
        return got["result"].get("value")

    def wait_for(self, script):
        """Wait until a script is true."""
        end = time.monotonic() + PATIENCE
        while not self.run(script):
            if time.monotonic() > end:
                raise TimeoutError(script)
            time.sleep(0.02)

    def click(self, script):
        """Click with the mouse on the middle of the element that a script returns, once it lies there for good."""
        middle = f"""(async () => {{ const it = {script};
            it.scrollIntoView({{block: "center", behavior: "instant"}});
            for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
            const box = it.getBoundingClientRect(), [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
            return document.elementFromPoint(x, y) === it ? [x, y] : null; }})()"""
        self.wait_for(f"{middle}.then(at => at !== null)")
        x, y = self.run(middle)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key):
        """Press and release a key where the focus is."""
        codes = {"Tab": 9, "Enter": 13, " ": 32, "ArrowRight": 39, "ArrowUp": 38, "ArrowDown": 40}
        common = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key]}
        text = {"Enter": "\r", " ": " "}.get(key)
        self.call("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def complaints(self):
        """What the console says of errors: exceptions, console.error, and what was refused or not found."""
        said = []
        for event in self._own():
            params = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                said.append(params["exceptionDetails"].get("exception", {}).get("description", "exception"))
            elif event["method"] == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                said.append(str(params["args"]))
            elif event["method"] == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                said.append(params["entry"]["text"])
        return said

    def requests(self):
        """The addresses that were asked for."""
        self.run("1")  # events up to now come before its answer
        return [event["params"]["request"]["url"] for event in self._own()
                if event["method"] == "Network.requestWillBeSent"]

    def _own(self):
        return [event for event in self.browser.events if event.get("sessionId") == self.session]

    def picture(self, path, whole=True):
        """Save a screenshot, of all of the page or of what is seen of it."""
        if whole:
            tall = self.run("document.documentElement.scrollHeight")
            self.size(self.run("innerWidth"), tall)
        got = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(got["data"]))

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
