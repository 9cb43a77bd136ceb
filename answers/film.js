// The film: runs of K-means and of EM, half a step at a time.
//
// Half-step 0 is the start. Iteration i has two: 2i - 1, the E-step, which assigns the points by the mixture of
// iteration i - 1, and 2i, the M-step, which makes the mixture of iteration i.

const WORDS = {
  kmeans: { name: "K-means", value: "cost", counts: hardCounts },
  em: { name: "EM", value: "log-likelihood", counts: softCounts },
};
const dark = matchMedia("(prefers-color-scheme: dark)");
const { points: POINTS = [], colours: COLOURS = {} } = DATA.toy ?? {};
const WIDE = 440;

// Colours of K components as [red, green, blue].
const palette = K => COLOURS[dark.matches ? "dark" : "light"][K];
const css = colour => `rgb(${colour.map(part => Math.round(part)).join(" ")})`;
const mixed = (colours, post) => [0, 1, 2].map(part => post.reduce((sum, share, j) => sum + share * colours[j][part], 0));
const likeliest = post => post.indexOf(Math.max(...post));
const shown = value => value.toFixed(6).replace("-", "\u2212");

// One run: its mixtures, values and, computed when needed, the posts of each iteration.
class Run {
  constructor(method, { K, seed, [method]: { values, mixtures } }) {
    Object.assign(this, { method, K, seed, values, mixtures, last: 2 * values.length, words: WORDS[method] });
    this.posts = [POINTS.map(() => Array(K).fill(1 / K))];
  }

  post(iteration) {
    this.posts[iteration] ??= POINTS.map(x => this.words.counts(x, this.mixtures[iteration - 1]));
    return this.posts[iteration];
  }

  at(half) {
    const iteration = Math.ceil(half / 2);
    return { iteration, mixture: this.mixtures[Math.floor(half / 2)], post: this.post(iteration),
      before: iteration > 1 ? this.post(iteration - 1) : null };
  }

  step(half) {
    if (!half) return `start, of ${this.values.length} iterations`;
    const name = half % 2 ? "E-step: the points are assigned" : "M-step: the circles move to their points";
    return `iteration ${Math.ceil(half / 2)} of ${this.values.length}, ${name}`;
  }
}

// A run as a picture: points, circles, the curve of its values, and the numbers of a chosen point or component.
class Panel {
  constructor(place, title) {
    this.title = element("h3", {}, title);
    this.place = element("div");
    this.now = element("output", { "aria-live": "polite" });
    this.curve = element("div");
    this.number = element("input", { type: "number", min: 1, max: POINTS.length, inputmode: "numeric",
      oninput: () => this.choosePoint(this.number.value - 1) });
    this.components = element("span", { class: "look", role: "group", "aria-label": "components" });
    this.numbers = element("p", { class: "numbers", "aria-live": "polite" });
    this.own = element("div");
    place.append(element("figure", { class: "panel" }, this.title, this.place, this.now, this.own, this.curve,
      element("div", { class: "look" }, element("label", {}, "Point ", this.number), "Component ", this.components),
      this.numbers));
    this.draw();
  }

  draw() {
    const [xs, ys] = [0, 1].map(axis => POINTS.map(point => point[axis]));
    const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const spread = Math.max(right - left, top - bottom) || 1, margin = 0.08 * spread;
    this.scale = WIDE / Math.max(right - left + 2 * margin, 0.6 * spread);
    const tall = (top - bottom + 2 * margin) * this.scale;
    this.x = value => WIDE / 2 + (value - (left + right) / 2) * this.scale;
    this.y = value => tall / 2 - (value - (bottom + top) / 2) * this.scale;
    this.picture = drawn("svg", { viewBox: `0 0 ${WIDE} ${tall}`, class: "scene", role: "group" });
    this.dots = POINTS.map((point, i) => drawn("circle", { class: "point", cx: this.x(point[0]), cy: this.y(point[1]),
      r: POINTS.length > 400 ? 3 : 4.5, onclick: () => this.choosePoint(i) }));
    this.picture.append(...this.dots);
    this.place.replaceChildren(this.picture);
  }

  show(run, half, axes = {}) {
    this.run = run;
    this.chosen = null;
    this.number.value = "";
    this.title.textContent = `${run.words.name}, K = ${run.K}, seed ${run.seed}`;
    this.circles?.remove();
    const components = Array.from({ length: run.K }, (_, j) => j);
    this.rings = components.map(j => ({
      rim: drawn("circle", { class: "rim", "pointer-events": "none" }),
      ring: drawn("circle", { class: "ring" }),
      grasp: drawn("circle", { class: "grasp", onclick: () => this.chooseComponent(j) }),
      name: drawn("text", { class: "name", onclick: () => this.chooseComponent(j) }, String(j + 1)),
    }));
    this.circles = drawn("g", {}, ...["rim", "ring", "grasp", "name"].flatMap(part => this.rings.map(ring => ring[part])));
    this.picture.append(this.circles);
    this.components.replaceChildren(...components.map(j => button(String(j + 1), () => this.chooseComponent(j),
      { "aria-label": `component ${j + 1}` })));
    this.mark = chart(this.curve, {
      label: `${run.words.value} against iteration: from ${shown(run.values[0])} to ${shown(run.values.at(-1))}`,
      across: "iteration", up: run.words.value, tall: 170,
      curves: [{ name: "", points: run.values.map((value, i) => [i + 1, value]) }], ...axes,
    });
    this.go(half);
  }

  go(half) {
    const { run } = this;
    this.half = Math.min(half, run.last);
    const { iteration, mixture, post, before } = run.at(this.half);
    const colours = palette(run.K);
    const moved = post.filter((counts, i) => {
      const changes = before !== null && likeliest(counts) !== likeliest(before[i]);
      this.dots[i].setAttribute("fill", css(mixed(colours, counts)));
      this.dots[i].classList.toggle("moved", changes);
      return changes;
    }).length;
    this.rings.forEach(({ rim, ring, grasp, name }, j) => {
      const [cx, cy] = [this.x(mixture.mu[j][0]), this.y(mixture.mu[j][1])];
      const r = Math.sqrt(mixture.var[j]) * this.scale;
      for (const circle of [rim, ring, grasp]) furnished(circle, { cx, cy, r }, []);
      ring.setAttribute("stroke", css(colours[j]));
      furnished(name, { x: cx, y: cy + 5.5 }, []);
    });
    const value = iteration ? `${run.words.value} ${shown(run.values[iteration - 1])}` : "no point is assigned yet";
    const changes = moved === 1 ? "1 point changes its component" : `${moved} points change their component`;
    const end = this.half === run.last ? " \u2013 converged" : "";
    this.said = `${run.step(this.half)}; ${value}${before === null ? "" : `; ${changes}`}${end}`;
    this.now.textContent = this.said;
    this.picture.setAttribute("aria-label", `${this.title.textContent}: ${this.said}`);
    this.mark(0, iteration - 1);
    this.tell();
  }

  choosePoint(i) {
    if (!POINTS[i]) return;
    this.chosen = { point: i };
    if (Number(this.number.value) !== i + 1) this.number.value = i + 1;
    this.tell();
  }

  chooseComponent(component) {
    this.chosen = { component };
    this.number.value = "";
    this.tell();
  }

  tell() {
    const { point, component } = this.chosen ?? {};
    this.dots.forEach((dot, i) => dot.classList.toggle("chosen", i === point));
    if (point !== undefined) this.circles.before(this.dots[point]); // above its neighbours
    this.numbers.textContent = this.told(point, component);
  }

  told(point, component) {
    const { mixture, post } = this.run.at(this.half);
    if (point !== undefined) {
      const shares = post[point].map((share, j) => `${j + 1}: ${share.toFixed(6)}`);
      return `Point ${point + 1} at (${POINTS[point].join(", ")}): component ${shares.join(", ")}`;
    }
    if (component === undefined) return "Click on a point or a circle, or choose one here, to see its numbers.";
    const mean = mixture.mu[component].map(shown).join(", ");
    return `Component ${component + 1}: mean (${mean}), variance ${shown(mixture.var[component])}, weight`
      + ` ${shown(mixture.p[component])}`;
  }
}

// Play, step, scrub, for one panel or for several in step.
class Transport {
  constructor(place, panels, label) {
    this.panels = panels;
    this.play = button("Play", () => this.timer ? this.stop() : this.start());
    this.range = element("input", { type: "range", min: 0, step: 1, "aria-label": `half-steps ${label}`,
      oninput: () => { this.stop(); this.go(Number(this.range.value)); } });
    const speeds = [["0.5", "half"], ["1", "normal"], ["2", "double"], ["8", "eightfold"]];
    this.speed = choice("Speed", speeds, "1", () => {
      if (this.timer) this.start();
    });
    const step = by => () => { this.stop(); this.go(this.half + by); };
    place.append(this.all = element("div", { class: "controls", role: "group", "aria-label": `play ${label}` },
      this.play, button("Back", step(-1)), button("Step", step(1)), button("To the start", () => { this.stop(); this.go(0); }),
      this.speed.labelled, element("span", { class: "scrub" }, this.range)));
  }

  get last() {
    return Math.max(...this.panels.map(panel => panel.run.last));
  }

  go(half) {
    this.half = Math.max(0, Math.min(half, this.last));
    this.panels.forEach(panel => panel.go(this.half));
    Object.assign(this.range, { max: this.last, value: this.half });
    const longest = this.panels.find(panel => panel.run.last === this.last);
    this.range.setAttribute("aria-valuetext", longest.run.step(this.half));
  }

  start() {
    clearInterval(this.timer);
    if (this.half >= this.last) this.go(0);
    this.hear("off"); // a screen reader could not keep up
    this.play.textContent = "Pause";
    this.timer = setInterval(() => {
      this.go(this.half + 1);
      if (this.half >= this.last) this.stop();
    }, 700 / Number(this.speed.select.value));
  }

  stop() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "Play";
    this.hear("polite");
    this.panels.forEach(panel => { panel.now.textContent = panel.said; });
  }

  hear(how) {
    this.panels.forEach(panel => [panel.now, panel.numbers].forEach(part => part.setAttribute("aria-live", how)));
  }
}

// Two runs side by side, in step or each on its own.
class Pair {
  constructor(place, label) {
    const controls = element("div"), both = element("div", { class: "panels" });
    place.append(controls, both);
    this.panels = [new Panel(both, ""), new Panel(both, "")];
    this.together = new Transport(controls, this.panels, label);
    this.apart = this.panels.map((panel, i) => new Transport(panel.own, [panel], `${label}, ${i ? "right" : "left"}`));
    const tick = element("input", { type: "checkbox", checked: true, onchange: () => this.join(tick.checked) });
    this.together.all.after(element("p", {}, element("label", {}, tick, " both in step")));
    this.tick = tick;
  }

  // axes: of both curves, as chart has them; without them each curve has its own.
  show(runs, half = 0, axes = {}) {
    [this.together, ...this.apart].forEach(transport => transport.stop());
    runs.forEach((run, i) => this.panels[i].show(run, Math.min(half, run.last), axes));
    this.join(this.tick.checked);
  }

  join(inStep) {
    [this.together, ...this.apart].forEach(transport => transport.stop());
    this.together.all.hidden = !inStep;
    this.apart.forEach((transport, i) => {
      transport.all.hidden = inStep;
      transport.go(this.panels[i].half);
    });
    if (inStep) this.together.go(Math.max(...this.panels.map(panel => panel.half)));
  }

  redraw() {
    this.panels.forEach(panel => panel.go(panel.half));
  }
}
