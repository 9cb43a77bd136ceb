// What is seen: people, search, ratings, lists, an item, the map.
const decimals = 2 - Math.min(Math.floor(Math.log10(SCALE.high - SCALE.low || 1)), 0);
const minus = words => words.replace("-", "\u2212");
const written = x => minus(String(Number(x.toFixed(decimals))));
const LEVELS = levels();
const HALVES = SCALE.step === 0.5 && SCALE.low === 0.5; // two to a star
const KIND = !LEVELS ? "number" : SCALE.low > 0 ? HALVES ? "stars halves" : "stars" : "steps";
const PAGE = 12; // rows at first

// The ratings that there are, if they are few.
function levels() {
  const { low, high, step } = SCALE, number = step ? Math.round((high - low) / step) + 1 : Infinity;
  return number > 11 ? undefined : Array.from({ length: number }, (_, i) => clipped(Number((low + i * step).toPrecision(10))));
}

// What a person chooses a rating with.
function rater(item) {
  const one = person(), x = one.ratings.get(item), name = DATA.titles[item];
  const choose = value => {
    rate(one, item, value);
    say(value === undefined ? `The rating of ${name} is removed.` : `${name}: ${written(value)}`);
  };
  const remove = x === undefined ? "" : button("×", () => choose(undefined),
    { class: "remove", "aria-label": `Remove the rating of ${name}`, title: "Remove the rating" });
  return element("span", { class: `rate ${KIND}`, role: "group", "aria-label": `Rate ${name}` },
    ...(LEVELS ? buttons(x, choose) : [field(x, choose, name)]), remove);
}

function buttons(x, choose) {
  const first = LEVELS.includes(x) ? x : LEVELS[0];
  return LEVELS.map(level => button(KIND === "steps" ? written(level) : "★", () => choose(level), {
    class: x === undefined || (KIND === "steps" ? level !== x : level > x) ? "" : "on",
    "aria-label": SCALE.low > 0 ? `${written(level)} of ${written(SCALE.high)}` : written(level),
    title: written(level), "aria-pressed": String(level === x), tabindex: level === first ? 0 : -1,
    onkeydown: stepped }));
}

// The arrow keys go from one rating to the next; Enter or the space bar chooses it.
function stepped(event) {
  const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
  if (!way) return;
  event.preventDefault();
  const all = [...event.target.parentElement.querySelectorAll("[aria-pressed]")];
  all[all.indexOf(event.target) + way]?.focus();
}

function field(x, choose, name) {
  const { low, high, step } = SCALE;
  return element("input", { type: "number", min: low, max: high, step: step || "any", placeholder: "Rate",
    value: x === undefined ? "" : x.toFixed(decimals), "aria-label": `Rating of ${name}, ${low} to ${high}`,
    onchange: event => {
      const value = event.target.valueAsNumber;
      if (fits(value)) choose(value);
      else say(`Expected a number from ${written(low)} to ${written(high)}.`);
    } });
}

// A title, which opens its item. The name of a person or of an item may be written from right to left.
const isolated = words => element("bdi", {}, words);
const title = item => button(isolated(DATA.titles[item]), () => show(item), { class: "title" });

// An interval in words; ends between the ratings of a scale are rounded outwards, so that it holds the same ratings.
function range([low, high]) {
  if (SCALE.step) return `${written(low)} to ${written(high)}`;
  const unit = 10 ** decimals;
  const outwards = (x, round) => minus((round(Number((x * unit).toFixed(6))) / unit).toFixed(decimals));
  return `${outwards(low, Math.floor)} to ${outwards(high, Math.ceil)}`;
}

const ratingsOf = item => `${COUNTS[item].toLocaleString("en")} ${COUNTS[item] === 1 ? "rating" : "ratings"}`;

// A prediction with its interval, as numbers and drawn on the scale.
function how(one, item) {
  const { predicted, half } = found(one), ended = ends(predicted[item], half[item]);
  const place = x => `${100 * (x - SCALE.low) / (SCALE.high - SCALE.low)}%`;
  const band = element("span", { class: "band" }), dot = element("span", { class: "dot" });
  band.style.left = place(ended[0]);
  band.style.right = `calc(100% - ${place(ended[1])})`;
  dot.style.left = place(clipped(predicted[item]));
  return element("span", { class: "how" },
    element("span", { class: "predicted", title: "predicted" }, minus(clipped(predicted[item]).toFixed(decimals))),
    element("span", { class: "track", "aria-hidden": "true" }, band, dot),
    element("span", { class: "quiet range", title: `${100 * INTERVALS.level} % interval` }, range(ended)));
}

// What is predicted for the person, or for each of those together.
function hows(item) {
  if (!together()) return person().ratings.size ? [how(person(), item)] : [];
  return raters().map(one => element("span", { class: "each" }, isolated(one.name), how(one, item)));
}

function row(item, ...parts) {
  return element("li", { "data-item": item }, ...parts);
}

// Fills a list anew. The focus stays at its item, or at the place of an item that has gone.
function refill(place, rows) {
  const held = [...place.children].findIndex(child => child.contains(document.activeElement));
  const item = held < 0 ? undefined : place.children[held].dataset.item;
  place.replaceChildren(...rows);
  if (held < 0) return;
  const next = rows.find(one => item && one.dataset.item === item) ?? rows[Math.min(held, rows.length - 1)] ?? seek;
  (next.querySelector(".rate [tabindex='0'], .rate input") ?? next.querySelector("button") ?? next).focus();
}

// The frame

const said = element("output", { class: "quiet", "aria-live": "polite" });
const say = words => said.textContent = words;
const crowd = element("div", { class: "controls", role: "group", "aria-label": "Who rates" });
const seek = element("input", { type: "search", id: "seek", role: "combobox", autocomplete: "off", spellcheck: "false",
  placeholder: "Search a title", "aria-label": "Search a title", "aria-expanded": "false", "aria-controls": "matches",
  "aria-autocomplete": "list" });
const matches = element("ul", { id: "matches", role: "listbox", "aria-label": "Titles found", hidden: true });
const pending = element("ul", { class: "rows", "aria-label": "To rate" });
const rated = element("ul", { class: "rows" });
const ratedHead = element("h2", {});
const side = element("div", { class: "side" });
const listHead = element("h2", {});
const orders = element("div", { class: "controls", role: "group" });
const about = element("p", { class: "quiet" });
const list = element("ol", { class: "rows list" });
const more = button("Show more", () => { shown += PAGE; draw(); });
const dialog = element("dialog", { "aria-label": "An item" });
const file = element("input", { type: "file", accept: ".json", hidden: true, onchange: async () => {
  if (file.files[0]) say(load(await file.files[0].text()));
  file.value = "";
} });
const newcomer = element("input", { placeholder: "Name", "aria-label": "Name of the new person", maxlength: 40,
  hidden: true, onkeydown: event => {
    if (event.key === "Enter") enter();
    else if (event.key === "Escape") ask(false);
  } });
const tools = element("div", { class: "controls" });
const frame = element("div", { class: "frame" },
  element("section", { class: "own" }, element("div", { class: "seek" }, seek, matches), pending, ratedHead, rated, side,
    tools, file),
  element("section", { class: "answers" }, listHead, orders, about, list, more));
let order = "likely", rule = "least", shown = PAGE, opened;

// People

function pressed(words, on, onclick) {
  return button(words, onclick, { "aria-pressed": String(on) });
}

function go(number) {
  [current, shown] = [number, PAGE];
  pending.replaceChildren();
  draw();
}

function drawPeople() {
  const all = people.map((one, i) => pressed(isolated(one.name), i === current, () => go(i)));
  if (people.length > 1) all.push(pressed("All together", together(), () => go(people.length)));
  refill(crowd, [...all, newcomer, button("+ Add a person", enter)]);
}

function ask(on) {
  newcomer.hidden = !on;
  newcomer.value = "";
  if (on) newcomer.focus();
}

function enter() {
  if (newcomer.hidden) ask(true);
  else if (add(newcomer.value)) {
    ask(false);
    go(current);
    seek.focus();
  } else say("Expected a name that nobody has yet.");
}

// Search

let matched = [], marked = 0;

function drawMatches() {
  matched = search(seek.value);
  marked = 0;
  matches.replaceChildren(...matched.map((item, i) => element("li", { role: "option", id: `match-${i}`,
    onpointerdown: event => event.preventDefault(), onclick: () => pick(item) },
    isolated(DATA.titles[item]), element("span", { class: "quiet" }, ` ${ratingsOf(item)}`))));
  unfold(matched.length > 0);
  say(seek.value.trim() && !matched.length ? "No item of this page is called that." : "");
  mark(0);
}

function unfold(on) {
  matches.hidden = !on;
  seek.setAttribute("aria-expanded", String(on));
}

function mark(number) {
  marked = Math.min(Math.max(number, 0), matched.length - 1);
  [...matches.children].forEach((one, i) => one.setAttribute("aria-selected", String(i === marked)));
  if (matched.length) seek.setAttribute("aria-activedescendant", `match-${marked}`);
  else seek.removeAttribute("aria-activedescendant");
}

// Puts an item below the search, to be rated.
function pick(item) {
  seek.value = "";
  drawMatches();
  pending.replaceChildren(row(item, title(item), rater(item)));
  pending.querySelector(".rate [tabindex='0'], .rate input").focus();
}

seek.addEventListener("input", drawMatches);
seek.addEventListener("blur", () => unfold(false));
seek.addEventListener("focus", () => unfold(matched.length > 0));
seek.addEventListener("keydown", event => {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (way) mark(marked + way);
  else if (event.key === "Enter" && matched.length) pick(matched[marked]);
  else if (event.key === "Escape") {
    seek.value = "";
    drawMatches();
  } else return;
  event.preventDefault();
});

// Ratings

function drawRated() {
  const one = person();
  ratedHead.replaceChildren(...(together() ? ["Everybody's ratings"] : one.name === "You" ? ["Your ratings"]
    : ["Ratings by ", isolated(one.name)]));
  side.hidden = !together();
  rated.hidden = seek.parentElement.hidden = together();
  side.replaceChildren(...(together() ? [sideBySide()] : []));
  refill(rated, [...one.ratings.keys()].reverse().map(item => row(item, title(item), rater(item))));
  const all = [button("Save", save, { disabled: !raters().length }), button("Load", () => file.click())];
  if (!together() && (people.length > 1 || one.ratings.size)) {
    all.push(button(people.length > 1 ? "Remove person" : "Remove all", () => { remove(one); go(0); }));
  }
  refill(tools, all);
}

function sideBySide() {
  const items = [...new Set(people.flatMap(one => [...one.ratings.keys()]))];
  const head = element("tr", {}, element("th", { scope: "col" }, "Item"),
    ...people.map(one => element("th", { scope: "col", class: "number" }, isolated(one.name))));
  const rows = items.map(item => element("tr", {}, element("th", { scope: "row" }, title(item)), ...people.map(one =>
    element("td", { class: "number" }, one.ratings.has(item) ? written(one.ratings.get(item)) : "–"))));
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Everybody's ratings" },
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
}

// Lists

// The items to show, the best first.
function recommended() {
  if (!audience().length) return together() ? [] : COUNTS.map((_, i) => i); // the most rated
  if (!together()) return ordered(i => ORDERS[order].worth(found(person()), i), person().ratings);
  const all = raters().map(found), without = new Set(people.flatMap(one => [...one.ratings.keys()]));
  return ordered(i => RULES[rule].joined(all.map(({ predicted }) => predicted[i])), without);
}

function listed(item) {
  const why = together() ? undefined : reason(item, liked(person().ratings));
  const because = why === undefined ? []
    : [element("div", { class: "quiet because" }, "because of ", isolated(DATA.titles[why]))];
  return row(item, element("div", { class: "what" }, title(item), ...because), ...hows(item),
    ...(together() ? [] : [rater(item)]));
}

// A sentence on those for whom nothing can be predicted.
function silent() {
  const names = people.filter(one => !one.ratings.size).map(one => one.name);
  return names.length ? ` Without ratings, and left out: ${names.join(", ")}.` : "";
}

function drawList(items) {
  const empty = !audience().length, kinds = together() ? RULES : ORDERS, chosen = together() ? rule : order;
  listHead.textContent = together() ? "What suits all" : empty ? "Rate some of these to begin" : "Recommended";
  orders.setAttribute("aria-label", together() ? "What counts" : "Order");
  refill(orders, empty ? [] : Object.entries(kinds).map(([key, { words }]) => pressed(words, key === chosen, () => {
    if (together()) rule = key;
    else order = key;
    shown = PAGE;
    draw();
  })));
  about.textContent = !empty ? kinds[chosen].about + (together() ? ` What anybody has rated is left out.${silent()}` : "")
    : together() ? "Nobody has rated anything yet." : "These are the most rated items. You can search for others.";
  if (!empty && !items.length) about.textContent = "Nothing is left to recommend.";
  refill(list, items.slice(0, shown).map(listed));
  more.hidden = items.length <= shown;
}

// An item

function show(item) {
  opened = item;
  drawOpened();
  if (!dialog.open) dialog.showModal();
}

function drawOpened() {
  if (opened === undefined) return;
  const item = opened, held = dialog.contains(document.activeElement);
  dialog.replaceChildren(
    button("×", () => dialog.close(), { class: "close", "aria-label": "Close" }),
    element("h2", {}, isolated(DATA.titles[item])),
    element("p", { class: "quiet" }, ratingsOf(item)),
    element("div", { class: "own-rating" }, ...hows(item), ...(together() ? [] : [rater(item)])),
    element("h3", {}, "Similar"),
    element("ul", { class: "rows" }, ...similar(item, 8).map(other =>
      row(other, title(other), ...(together() ? [] : hows(other))))),
    button("Show it on the map", () => { dialog.close(); map.show(item); }));
  if (held) dialog.querySelector(".rate [tabindex='0'], .rate input, .close").focus();
}

dialog.addEventListener("close", () => { opened = undefined; });
dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });

// All of it

function draw() {
  drawPeople();
  drawRated();
  const items = recommended(), all = audience();
  frame.classList.toggle("together", together());
  drawList(items);
  drawOpened();
  map.mark(all.flatMap(one => [...one.ratings.keys()]), all.flatMap(one => liked(one.ratings)),
    all.length ? items.slice(0, 10) : []);
}

changed = () => {
  const wasPending = pending.contains(document.activeElement);
  draw();
  pending.replaceChildren();
  if (wasPending) seek.focus();
};

const whole = document.getElementById("taste"), both = [SCALE.low, SCALE.high];
whole.style.setProperty("--range", `${range(both).length}ch`); // so that columns are straight
whole.style.setProperty("--number", `${Math.max(...both.map(x => x.toFixed(decimals).length)) + 0.5}ch`);
whole.append(crowd, said, frame, map.place, dialog);
draw();
map.whole();
