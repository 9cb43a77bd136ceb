// The map of the items: the two directions in which what the model has learnt of them differs most.
const map = (() => {
  const canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": "Map of the items",
    "aria-describedby": "map-help" });
  const said = element("output", { class: "quiet", "aria-live": "polite" });
  const at = DATA.axes.map(axis => COUNTS.map((_, i) => product(i, axis)));
  const ends = at.map(values => values.reduce(([low, high], x) => [Math.min(low, x), Math.max(high, x)],
    [values[0], values[0]]));
  const lengths = ends.map(([low, high]) => high - low || 1);
  const radius = COUNTS.map(count => 1.5 + 3 * Math.sqrt(count / COUNTS[0]));
  let middle, zoom, under, named, liked = new Set(), rated = new Set(), recommended = new Set(), waiting = false;

  const size = () => [canvas.clientWidth, canvas.clientHeight];
  const scales = () => size().map((length, axis) => [1, -1][axis] * 0.92 * zoom * length / lengths[axis]);
  const centre = () => size().map(length => length / 2);

  // Where the items are on the canvas: a function of an item's number.
  function places() {
    const scale = scales(), half = centre();
    return i => [0, 1].map(axis => half[axis] + (at[axis][i] - middle[axis]) * scale[axis]);
  }

  function whole() {
    [middle, zoom] = [ends.map(([low, high]) => (low + high) / 2), 1];
    draw();
  }

  function move(by) {
    const scale = scales();
    middle = middle.map((x, axis) => x - by[axis] / scale[axis]);
    draw();
  }

  // Zooms; what is at a point of the canvas stays there.
  function nearer(factor, point = centre()) {
    const off = point.map((x, axis) => x - centre()[axis]), before = scales();
    zoom = Math.min(Math.max(zoom * factor, 1), 60);
    const after = scales();
    middle = middle.map((x, axis) => x + off[axis] / before[axis] - off[axis] / after[axis]);
    draw();
  }

  function nearest(point, within) {
    const place = places();
    let best, least = within;
    for (let i = 0; i < SIZE; i++) {
      const [x, y] = place(i), distance = Math.hypot(x - point[0], y - point[1]);
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  // Drawn once before the next picture of the screen, however often this is called.
  function draw() {
    if (!waiting) requestAnimationFrame(paint);
    waiting = true;
  }

  function paint() {
    waiting = false;
    const [width, height] = size(), dense = window.devicePixelRatio || 1, pen = canvas.getContext("2d");
    if (!width) return;
    [canvas.width, canvas.height] = [width * dense, height * dense];
    pen.scale(dense, dense);
    const style = getComputedStyle(canvas), place = places(), larger = zoom ** 0.25;
    const [mark, best, other, ink, quiet, wash] = ["--mark", "--curve-1", "--curve-0", "--ink", "--quiet", "--wash"]
      .map(name => style.getPropertyValue(name));
    const seen = COUNTS.map((_, i) => [i, ...place(i)])
      .filter(([, x, y]) => x > -9 && y > -9 && x < width + 9 && y < height + 9);
    const circle = ([i, x, y], more) => {
      pen.moveTo(x + larger * radius[i] + more, y);
      pen.arc(x, y, larger * radius[i] + more, 0, 2 * Math.PI);
    };
    pen.globalAlpha = 0.35;
    pen.fillStyle = other;
    pen.beginPath();
    for (const one of seen.filter(([i]) => !worth(i))) {
      const [i, x, y] = one, side = 1.8 * larger * radius[i];
      if (side < 4) pen.fillRect(x - side / 2, y - side / 2, side, side); // looks the same, and is quick
      else circle(one, 0);
    }
    pen.fill();
    pen.globalAlpha = 1;
    for (const one of seen.filter(([i]) => worth(i))) {
      const [i] = one;
      pen.fillStyle = pen.strokeStyle = rated.has(i) ? mark : recommended.has(i) ? best : other;
      pen.beginPath();
      circle(one, 1.5);
      if (rated.has(i) && !liked.has(i)) pen.stroke();
      else pen.fill();
    }
    label(pen, seen, { ink, quiet, wash, family: style.fontFamily });
  }

  // How much an item is worth a label; 0 for most.
  function worth(i) {
    return i === under || i === named ? 3 : liked.has(i) || recommended.has(i) ? 2 : rated.has(i) ? 1 : 0;
  }

  // Writes as many titles as fit; among those of equal worth, first the most rated items'.
  function label(pen, seen, { ink, quiet, wash, family }) {
    const [width, height] = size(), taken = [];
    seen.sort((one, other) => worth(other[0]) - worth(one[0]) || one[0] - other[0]);
    [pen.textBaseline, pen.lineWidth, pen.lineJoin, pen.strokeStyle] = ["middle", 4, "round", wash];
    for (const [i, x, y] of seen.slice(0, 400)) {
      const letters = [...DATA.titles[i]], words = letters.slice(0, 36).join("") + (letters.length > 36 ? "…" : "");
      pen.font = `${worth(i) ? "600 13px" : "400 12px"} ${family}`;
      const long = pen.measureText(words).width, left = x + 9 + long > width ? x - 9 - long : x + 9;
      const box = [left - 4, y - 9, left + long + 4, y + 9];
      const meets = other => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3];
      if (left < 0 || y < 9 || y > height - 9 || taken.some(meets)) continue;
      taken.push(box);
      pen.fillStyle = worth(i) ? ink : quiet;
      pen.strokeText(words, left, y);
      pen.fillText(words, left, y);
    }
  }

  // Pointers: one drags, two zoom; a click opens.
  const pointers = new Map();
  let moved = 0;
  const point = event => [event.offsetX, event.offsetY];

  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, point(event));
    moved = 0;
  });
  canvas.addEventListener("pointermove", event => {
    const before = pointers.get(event.pointerId), now = point(event);
    if (!before) {
      under = nearest(now, 14);
      canvas.style.cursor = under === undefined ? "grab" : "pointer";
      draw();
      return;
    }
    const by = now.map((x, axis) => x - before[axis]);
    const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, where]) => where);
    pointers.set(event.pointerId, now);
    moved += Math.hypot(...by);
    if (other) nearer(Math.hypot(now[0] - other[0], now[1] - other[1])
      / Math.max(Math.hypot(before[0] - other[0], before[1] - other[1]), 1), other);
    else if (moved > 4) move(by);
  });
  canvas.addEventListener("pointerup", event => {
    const item = nearest(point(event), 14);
    if (moved <= 4 && item !== undefined) show(item);
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, event => pointers.delete(event.pointerId));
  }
  canvas.addEventListener("pointerleave", () => { under = undefined; draw(); });
  canvas.addEventListener("wheel", event => {
    if (!event.ctrlKey && document.activeElement !== canvas) return; // the page scrolls
    event.preventDefault();
    nearer(Math.exp(-event.deltaY / 400), point(event));
  }, { passive: false });

  // Keys: the item nearest to the middle is named, and opened by Enter.
  const keys = { ArrowLeft: () => move([40, 0]), ArrowRight: () => move([-40, 0]), ArrowUp: () => move([0, 40]),
    ArrowDown: () => move([0, -40]), "+": () => nearer(1.5), "-": () => nearer(1 / 1.5), 0: whole };
  canvas.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || !(event.key === "Enter" || keys[event.key])) return;
    event.preventDefault();
    if (event.key === "Enter") return show(named ?? nearest(centre(), Infinity));
    keys[event.key]();
    name(nearest(centre(), Infinity));
  });

  function name(item) {
    named = item;
    said.textContent = DATA.titles[item] ?? "";
    draw();
  }

  canvas.addEventListener("focus", () => { if (canvas.matches(":focus-visible")) name(nearest(centre(), Infinity)); });
  canvas.addEventListener("blur", () => name(undefined));

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(draw).observe(canvas);
  return {
    place: element("section", { "aria-label": "Map" }, element("h2", {}, "Map"),
      element("p", { class: "quiet", id: "map-help" }, "Items near each other please the same people. The map shows the"
        + ` two directions that matter most, ${Math.round(100 * DATA.axes_share)} % of what the model has learnt. Drag to`
        + " move it; zoom with the buttons, or click the map and turn the wheel. Keys: arrows, +, \u2212, and Enter for"
        + " the item that is named."),
      element("div", { class: "controls" }, button("+", () => nearer(1.5), { "aria-label": "Zoom in" }),
        button("\u2212", () => nearer(1 / 1.5), { "aria-label": "Zoom out" }), button("Whole map", whole),
        element("span", { class: "key" }, element("span", { class: "liked" }, "rated high"),
          element("span", { class: "rated" }, "rated low"), element("span", { class: "recommended" }, "recommended"))),
      canvas, said),
    mark(all, high, best) {
      [rated, liked, recommended] = [all, high, best].map(items => new Set(items));
      draw();
    },
    show(item) {
      [middle, zoom] = [at.map(values => values[item]), Math.max(zoom, 4)];
      canvas.scrollIntoView({ block: "center" });
      canvas.focus({ preventScroll: true });
      name(item);
    },
    nearest, places, whole,
  };
})();
