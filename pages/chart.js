// Curves: lines of points over two axes, each with one marked point.
let frames = 0; // drawn so far, each with a name of its own

// About `count` round numbers from low to high.
function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough);
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return { values: found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

// A note on the points that lie outside the picture, "" if none do.
function said(outside, top) {
  if (!outside.length) return "";
  const xs = outside.map(point => point[0]), [first, last] = [Math.min(...xs), Math.max(...xs)];
  return ` (${first === last ? `${first} lies` : `${first} to ${last} lie`} ${outside[0][1] > top ? "above" : "below"})`;
}

// Draws into `place`; returns mark(curve's number, its point's number).
//   curves: [{name, points: [[x, y]], pick (called with a point's number; optional)}]
//   low, high: of the y axis, if some points should lie outside; the x axis names these
//   far: the right end of the x axis, if it is beyond the points
function chart(place, { label, across, up, curves, low, high, far, tall = 240, names = false }) {
  const wide = Math.min(560, Math.max(300, place.clientWidth)); // so that letters have the size of the text
  const xs = curves.flatMap(curve => curve.points.map(point => point[0]));
  const ys = curves.flatMap(curve => curve.points.map(point => point[1]));
  let [left, right] = [Math.min(...xs), far ?? Math.max(...xs)];
  let [bottom, top] = [low ?? Math.min(...ys), high ?? Math.max(...ys)];
  if (left === right) [left, right] = [left - 1, right + 1];
  if (top - bottom <= 1e-9 * Math.abs(top)) [bottom, top] = [bottom - 0.5, top + 0.5];
  const room = 0.06 * (top - bottom);
  [bottom, top] = [bottom - room, top + room];

  const yTicks = ticks(bottom, top, 4), xTicks = ticks(left, right, 6);
  const written = value => value.toFixed(yTicks.digits).replace("-", "\u2212");
  const margin = { left: 28 + 7.5 * Math.max(...yTicks.values.map(value => written(value).length)), right: 14, top: 10,
    bottom: 40 };
  const x = value => margin.left + (value - left) / (right - left) * (wide - margin.left - margin.right);
  const y = value => tall - margin.bottom - (value - bottom) / (top - bottom) * (tall - margin.top - margin.bottom);

  const seen = point => point[1] >= bottom && point[1] <= top;
  const outside = curves.flatMap(curve => curve.points.filter(point => !seen(point)));
  const frame = `frame-${++frames}`;

  const picture = drawn("svg", { viewBox: `0 0 ${wide} ${tall}`, class: "chart", role: "img", "aria-label": label });
  picture.append(drawn("clipPath", { id: frame }, drawn("rect", { x: margin.left, y: margin.top,
    width: wide - margin.left - margin.right, height: tall - margin.top - margin.bottom })));
  for (const value of yTicks.values) {
    picture.append(drawn("line", { class: "grid", x1: margin.left, x2: wide - margin.right, y1: y(value), y2: y(value) }),
      drawn("text", { x: margin.left - 6, y: y(value) + 4, "text-anchor": "end" }, written(value)));
  }
  for (const value of xTicks.values.filter(Number.isInteger)) {
    picture.append(drawn("text", { x: x(value), y: tall - margin.bottom + 16, "text-anchor": "middle" }, String(value)));
  }
  picture.append(
    drawn("text", { x: (margin.left + wide - margin.right) / 2, y: tall - 6, "text-anchor": "middle" },
      across + said(outside, top)),
    drawn("text", { x: -(margin.top + tall - margin.bottom) / 2, y: 12, transform: "rotate(-90)",
      "text-anchor": "middle" }, up));

  const marks = curves.map((curve, number) => {
    const points = curve.points.map(point => [x(point[0]), y(point[1])]);
    const group = drawn("g", { class: `curve curve-${number % 5}` });
    group.append(drawn("polyline", { points: points.join(" "), "clip-path": `url(#${frame})` }));
    curve.points.forEach((point, i) => {
      if (!seen(point)) return;
      const dot = drawn("circle", { cx: x(point[0]), cy: y(point[1]), r: curve.pick ? 6 : 2 });
      dot.append(drawn("title", {}, `${curve.name}${across} ${point[0]}: ${point[1]}`));
      if (curve.pick) {
        dot.classList.add("pick");
        dot.addEventListener("click", () => curve.pick(i));
      }
      group.append(dot);
    });
    const mark = drawn("circle", { class: "mark", r: 7, visibility: "hidden" });
    group.append(mark);
    picture.append(group);
    return mark;
  });
  place.replaceChildren(picture);
  if (names) {
    place.append(element("p", { class: "legend" }, ...curves.map((curve, number) =>
      element("span", { class: `curve-${number % 5}` }, curve.name.replace(/: $/, "")))));
  }

  return function mark(number, i) {
    const point = curves[number].points[i];
    const there = point !== undefined && seen(point);
    marks[number].setAttribute("visibility", there ? "visible" : "hidden");
    if (there) {
      marks[number].setAttribute("cx", x(point[0]));
      marks[number].setAttribute("cy", y(point[1]));
    }
  };
}
