// Who rates, and their ratings. They stay in the browser, if it keeps anything for a file.
let people = [someone("You")];
let current = 0; // the number of the person who rates; people.length: all together
let changed = () => {};

function someone(name) {
  return { name, ratings: new Map(), found: undefined }; // found: predictions, until a rating changes
}

const together = () => current === people.length;
const person = () => people[together() ? 0 : current];
const raters = () => people.filter(one => one.ratings.size);

// Those for whom something can be predicted: the person, or all of them.
const audience = () => together() ? raters() : raters().filter(one => one === person());

function found(one) {
  return one.found ??= predictions(one.ratings);
}

// Takes a rating of an item, or takes it back (undefined).
function rate(one, item, x) {
  if (x === undefined) one.ratings.delete(item);
  else one.ratings.set(item, x);
  one.found = undefined;
  keep();
  changed();
}

function add(name) {
  name = name.trim().slice(0, 40);
  if (!name || people.some(one => one.name === name)) return false;
  people.push(someone(name));
  current = people.length - 1;
  keep();
  changed();
  return true;
}

function remove(one) {
  people = people.filter(other => other !== one);
  if (!people.length) people = [someone("You")];
  current = 0;
  keep();
  changed();
}

// The ratings as a list of records, which `recommender` reads as well.
function records() {
  return people.flatMap(one => [...one.ratings].map(([i, x]) =>
    ({ user: one.name, item: DATA.ids[i], title: DATA.titles[i], rating: x })));
}

const NUMBERS = new Map(DATA.ids.map((id, i) => [id, i]));
const fits = x => typeof x === "number" && x >= SCALE.low && x <= SCALE.high;

// Adds records; a person whose name is taken gets a number. Returns how many records could not be taken.
function take(found) {
  const by = new Map();
  let lost = 0;
  for (const { user, item, title, rating } of found) {
    const i = NUMBERS.get(item), name = String(user).slice(0, 40);
    if (i === undefined || title !== DATA.titles[i] || !fits(rating)) {
      lost++;
      continue;
    }
    if (!by.has(name)) by.set(name, someone(name));
    by.get(name).ratings.set(i, rating);
  }
  if (!by.size) return lost;
  people = raters();
  for (const one of by.values()) {
    const { name } = one;
    for (let i = 2; people.some(other => other.name === one.name); i++) one.name = `${name} ${i}`;
    people.push(one);
  }
  current = people.length - by.size;
  return lost;
}

const STORE = `taste ${DATA.key}`;

function keep() {
  try {
    localStorage.setItem(STORE, JSON.stringify(records()));
  } catch { /* the browser keeps nothing for files; "Save" does */ }
}

try {
  take(JSON.parse(localStorage.getItem(STORE)) ?? []);
} catch { /* nothing is kept, or it is damaged */ }

function save() {
  const file = new Blob([JSON.stringify(records(), null, 1)], { type: "application/json" });
  const link = element("a", { href: URL.createObjectURL(file), download: "ratings.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// Takes the text of a saved file; returns a line about it.
function load(text) {
  try {
    const found = JSON.parse(text), lost = take(found);
    keep();
    changed();
    return `${found.length - lost} ratings loaded${lost ? `, ${lost} left out: other items, or another scale` : ""}.`;
  } catch {
    return "This file holds no ratings; expected one from Save.";
  }
}
