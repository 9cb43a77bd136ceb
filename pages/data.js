// The page's data, and functions that make elements.
const DATA = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";

// An element of HTML: attributes by name, listeners as on..., children elements or texts.
function element(name, attributes = {}, ...children) {
  return furnished(document.createElement(name), attributes, children);
}

function drawn(name, attributes = {}, ...children) {
  return furnished(document.createElementNS(SVG, name), attributes, children);
}

function furnished(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

function button(words, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, words);
}

// A list to choose from, with its label; choices are [value, words].
function choice(label, choices, chosen, onchange) {
  const select = element("select", { onchange: () => onchange(select.value) });
  for (const [value, words] of choices) select.append(element("option", { value }, words));
  select.value = chosen;
  return { select, labelled: element("label", {}, `${label} `, select) };
}

// Parts that need the script are hidden until it runs.
for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;
