// Puts the film and the curves into the page of the answers.
const PAIRS = {};

function filmOf(K, seed) {
  return DATA.toy.films.find(film => film.K === Number(K) && film.seed === Number(seed));
}

function showFilm(place) {
  const pair = PAIRS.film = new Pair(place, "of the film");
  const ks = [...new Set(DATA.toy.films.map(film => film.K))];
  let seeds = null;
  const both = () => {
    const film = filmOf(chosenK.select.value, seeds.select.value);
    pair.show([new Run("kmeans", film), new Run("em", film)]);
  };
  const again = wanted => {
    const K = Number(chosenK.select.value);
    const there = DATA.toy.films.filter(film => film.K === K).map(film => film.seed);
    const next = choice("Seed", there.map(seed => [seed, seed]), there.includes(wanted) ? wanted : there[0], both);
    if (seeds) seeds.labelled.replaceWith(next.labelled);
    seeds = next;
  };
  const first = ks.includes(DATA.toy.best_k) ? DATA.toy.best_k : ks[0];
  const chosenK = choice("K", ks.map(K => [K, K]), first, () => {
    again(Number(seeds.select.value));
    both();
  });
  again(DATA.toy.best[first]);
  place.prepend(element("p", { class: "controls" }, chosenK.labelled, seeds.labelled));
  both();
  return function show(K) {
    if (!ks.includes(K)) return; // there was no room for it
    chosenK.select.value = K;
    again(DATA.toy.best[K]);
    both();
    const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.getElementById("film").scrollIntoView({ behavior: reduced ? "auto" : "smooth" });
    chosenK.select.focus({ preventScroll: true });
  };
}

function showStart(place) {
  const { method, K, good, poor } = DATA.toy.start;
  const pair = PAIRS.start = new Pair(place, "of the two seeds");
  const runs = [good, poor].map(seed => new Run(method, filmOf(K, seed)));
  pair.show(runs, Math.max(...runs.map(run => run.last)), axesOfEnds(runs)); // their ends are what differs
}

// Axes for the curves of two runs that show the difference of their ends: values more than twice as far away are cut.
function axesOfEnds(runs) {
  const values = runs.flatMap(run => run.values), ends = runs.map(run => run.values.at(-1));
  const [lower, upper] = [Math.min(...ends), Math.max(...ends)], away = 2 * (upper - lower);
  return { low: Math.max(lower - away, Math.min(...values)), high: Math.min(upper + away, Math.max(...values)),
    far: Math.max(...runs.map(run => run.values.length)) };
}

function showBic(place, show) {
  const values = Object.entries(DATA.toy.bic).map(([K, value]) => [Number(K), value]).sort((a, b) => a[0] - b[0]);
  const mark = chart(place, { label: "BIC against K; the table has the same", across: "K", up: "BIC",
    curves: [{ name: "", points: values, pick: i => show(values[i][0]) }] });
  mark(0, values.findIndex(([K]) => K === DATA.toy.best_k));
  for (const one of document.querySelectorAll("#bic button[data-k]")) {
    one.addEventListener("click", () => show(Number(one.dataset.k)));
  }
}

function showCurves(place, { K, runs }) {
  const values = runs.flatMap(run => run.values.slice(1));
  const room = values.length ? { low: Math.min(...values), high: Math.max(...values) } : {};
  // The first iteration is so far below the rest that it would flatten all curves.
  chart(place, { label: `log-likelihood against iteration, K = ${K}; the table has the ends`, across: "iteration",
    up: "log-likelihood", ...room, names: runs.length <= 12,
    curves: runs.map(run => ({ name: `seed ${run.seed}: `, points: run.values.map((value, i) => [i + 1, value]) })) });
}

if (DATA.toy) {
  if (DATA.toy.start?.filmed) showStart(document.getElementById("start-place"));
  const show = DATA.toy.films.length ? showFilm(document.getElementById("film-place")) : () => {};
  showBic(document.getElementById("bic-place"), show);
  dark.addEventListener("change", () => Object.values(PAIRS).forEach(pair => pair.redraw()));
}
if (DATA.netflix) {
  const places = DATA.netflix.curves.map(() => element("div"));
  document.getElementById("curves-place").append(...DATA.netflix.curves.map(({ K }, i) =>
    element("figure", { class: "panel" }, element("h3", {}, `K = ${K}`), places[i])));
  DATA.netflix.curves.forEach((curve, i) => showCurves(places[i], curve)); // all have their width by now
}
