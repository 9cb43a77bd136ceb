// Predictions and intervals for somebody new: Factors.fold_in of factorization.py, and intervals.py.
const { counts: COUNTS, columns: COLUMNS, scale: SCALE, unit: UNIT, intervals: INTERVALS } = DATA;
const SIZE = COUNTS.length, RANK = COLUMNS - 1;
const Q = halves(DATA.factors); // SIZE rows (q_i, c_i)

// Numbers of half precision, in base64.
function halves(text) {
  const bytes = atob(text), found = new Float64Array(bytes.length / 2);
  for (let i = 0; i < found.length; i++) {
    const half = bytes.charCodeAt(2 * i) | bytes.charCodeAt(2 * i + 1) << 8;
    const exponent = half >> 10 & 31, fraction = half & 1023;
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
    found[i] = half >> 15 ? -size : size;
  }
  return found;
}

const stars = x => UNIT.middle + (x - UNIT.origin - UNIT.mean) / UNIT.size;
const back = z => UNIT.origin + (UNIT.mean + (z - UNIT.middle) * UNIT.size);
const clipped = x => Math.min(Math.max(x, SCALE.low), SCALE.high);

// The sum of x_j q_ij over the factors.
function product(i, x) {
  let sum = 0;
  for (let j = 0, at = i * COLUMNS; j < RANK; j++) sum += Q[at + j] * x[j];
  return sum;
}

// (p_u, b_u) of a Map of item to rating: ridge regression on rows (q_i, 1).
function foldIn(ratings) {
  const lambda = DATA.regularization * (DATA.per_rating ? ratings.size : 1);
  const G = Array.from({ length: COLUMNS }, (_, j) => new Float64Array(COLUMNS).fill(lambda, j, j + 1));
  const h = new Float64Array(COLUMNS), a = new Float64Array(COLUMNS);
  for (const [i, x] of ratings) {
    a.set(Q.subarray(i * COLUMNS, (i + 1) * COLUMNS));
    const left = stars(x) - DATA.mean - a[RANK];
    a[RANK] = 1;
    for (let j = 0; j < COLUMNS; j++) {
      h[j] += left * a[j];
      for (let k = 0; k <= j; k++) G[j][k] += a[j] * a[k];
    }
  }
  return solved(G, h);
}

// x of G x = h, by Cholesky; overwrites both.
function solved(G, h) {
  const n = h.length;
  for (let j = 0; j < n; j++) {
    for (let k = 0; k <= j; k++) {
      let left = G[j][k];
      for (let l = 0; l < k; l++) left -= G[j][l] * G[k][l];
      G[j][k] = j === k ? Math.sqrt(left) : left / G[k][k];
    }
    for (let l = 0; l < j; l++) h[j] -= G[j][l] * h[l];
    h[j] /= G[j][j];
  }
  for (let j = n - 1; j >= 0; j--) {
    for (let l = j + 1; l < n; l++) h[j] -= G[l][j] * h[l];
    h[j] /= G[j][j];
  }
  return h;
}

// For each item, in the unit of the ratings: the prediction, not clipped; half the width of its interval; what the
// person's taste adds to it; and how far it lies above an average item's.
function predictions(ratings) {
  const p = foldIn(ratings), [a, b, c] = INTERVALS.coefficients, { share, q } = INTERVALS;
  const of = () => new Float64Array(SIZE);
  const found = { predicted: of(), half: of(), personal: of(), above: of() };
  for (let i = 0; i < SIZE; i++) {
    const personal = product(i, p), above = personal + Q[i * COLUMNS + RANK];
    found.predicted[i] = back(DATA.mean + p[RANK] + above);
    found.personal[i] = UNIT.size * personal;
    found.above[i] = UNIT.size * above;
    const sd = Math.sqrt(a + b / (1 + share * ratings.size) + c / (1 + share * COUNTS[i]));
    const width = q === null ? Infinity : q * Math.max(sd, INTERVALS.least);
    found.half[i] = Math.max(width, INTERVALS.narrowest) + INTERVALS.slack;
  }
  return found;
}

// The lowest and the highest rating in an interval.
function ends(predicted, half) {
  const { low, high, step } = SCALE;
  let [first, last] = [clipped(predicted) - half, clipped(predicted) + half];
  if (step) [first, last] = [Math.ceil((first - low) / step), Math.floor((last - low) / step)].map(n => low + step * n);
  return [Math.max(first, low), Math.min(last, high)];
}

const LENGTHS = Float64Array.from({ length: SIZE }, (_, i) =>
  Math.sqrt(product(i, Q.subarray(i * COLUMNS, (i + 1) * COLUMNS))));

function cosine(i, j) {
  const length = LENGTHS[i] * LENGTHS[j];
  return length > 1e-12 ? product(i, Q.subarray(j * COLUMNS, (j + 1) * COLUMNS)) / length : 0;
}

// The items most like one, the most alike first.
function similar(item, n) {
  const alike = COUNTS.map((_, i) => cosine(i, item));
  return COUNTS.map((_, i) => i).filter(i => i !== item).sort((i, j) => alike[j] - alike[i]).slice(0, n);
}

const liked = ratings => {
  const xs = [...ratings.values()], mean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const least = mean - 1e-9 * Math.max(...xs.map(Math.abs));
  return [...ratings].filter(([, x]) => x >= least).map(([i]) => i);
};

// The item among those rated high that is most like an item; undefined if none is like it.
function reason(item, high) {
  const best = high.filter(i => i !== item).map(i => [cosine(i, item), i]).sort((one, other) => other[0] - one[0])[0];
  return best && best[0] >= DATA.reason ? best[1] : undefined;
}

// The orders of a list: what each item is worth, -Infinity if it does not belong there.
const ORDERS = {
  likely: { words: "Likely", about: "The highest prediction comes first.", worth: (it, i) => it.predicted[i] },
  sure: { words: "Sure", about: "The highest low end of the interval comes first: few bad surprises.",
    worth: (it, i) => it.predicted[i] - it.half[i] },
  surprising: { words: "Surprising", about: "What your own taste adds to the prediction comes first: the part that"
    + " is neither how high you rate nor how well everybody likes the item. Only items above your average.",
    worth: (it, i) => it.above[i] > 0 ? it.personal[i] : -Infinity },
};
const RULES = {
  least: { words: "Least", about: "The least of the predictions counts: nobody should be bored.",
    joined: all => Math.min(...all) },
  mean: { words: "Mean", about: "The mean of the predictions counts.",
    joined: all => all.reduce((sum, x) => sum + x, 0) / all.length },
};

// The items by falling worth, without those left out.
function ordered(worth, without) {
  const worths = Float64Array.from({ length: SIZE }, (_, i) => without.has(i) ? -Infinity : worth(i));
  return COUNTS.map((_, i) => i).filter(i => worths[i] > -Infinity).sort((i, j) => worths[j] - worths[i]);
}
