// Finds the items that somebody means by an ID or a part of a title, as titles.py does.

// A title as it is compared: letters and digits only, "Matrix, The (1999)" as "the matrix 1999".
function plain(title) {
  title = title.trim().split(/\s+/).join(" ")
    .replace(/^(.+), (the|a|an|les|le|la|das|der|die|el|il)( \(.*\))?$/i, (_, name, article, rest) =>
      `${article} ${name}${rest ?? ""}`);
  const letters = title.toUpperCase().toLowerCase().replaceAll("&", " and ").normalize("NFKD");
  const words = letters.replace(/[.'’\u0300-\u036f]/g, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  return words || title.toLowerCase();
}

// The texts by which a title is found: "Seven (Se7en) (1995)" is also seven and se7en.
function keys(title) {
  const [, bare, year = ""] = title.trim().match(/^(.*?)(?: *\((\d{4})\))?$/s);
  let parts = [bare, ...bare.split(/[()]/)].filter(part => part.trim()).map(plain);
  if (!parts.length) parts = [plain(title)];
  parts.push(...parts.map(part => part.replace(/^(the|a|an) /, "")));
  return [...new Set(parts.flatMap(part => [part, `${part} ${year}`.trim()]))].filter(Boolean);
}

const KEYS = DATA.titles.map(title => keys(title).map(key => `| ${key}`).join("") + "|");

// The items that a text means, the best match first; among equal ones the most rated, as they are in the data.
function search(text, most = 8) {
  const sought = plain(text);
  if (!text.trim()) return [];
  const words = sought.split(" ");
  const worth = (key, i) => DATA.ids[i] === text.trim() ? 5 : key.includes(`| ${sought}|`) ? 4
    : key.includes(`| ${sought}`) ? 3 : key.includes(` ${sought}`) ? 2
    : words.every(word => key.includes(` ${word}`)) ? 1 : 0;
  return KEYS.map((key, i) => [worth(key, i), i]).filter(([value]) => value)
    .sort((one, other) => other[0] - one[0]).slice(0, most).map(([, i]) => i);
}
