// Elements. Texts of the run reach the page only as text nodes and attributes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** Return an element; `attributes` are set as such, functions among them listen; children are nodes, texts or lists. */
function make(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Return an SVG element. */
function draw(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Return a table with a header row; cells are texts or nodes, the first of each row is its header. */
function makeTable(caption, headings, rows, name) {
  const head = headings.map((heading, place) => make("th", { scope: "col", class: place ? "number" : null }, heading));
  const body = rows.map((cells) =>
    make("tr", {}, cells.map((cell, place) =>
      place ? make("td", { class: "number" }, cell) : make("th", { scope: "row" }, cell))));
  return makeScroller(caption, make("table", { class: name || null },
    make("caption", { class: "hidden" }, caption), make("thead", {}, make("tr", {}, head)), make("tbody", {}, body)));
}

/** Return what a keyboard can scroll sideways. */
function makeScroller(label, ...children) {
  return make("div", { class: "scroller", role: "region", "aria-label": label, tabindex: "0" }, children);
}

/** Return text that is folded away and made when it is opened. */
function makeFolded(summary, build) {
  const node = make("details", {}, make("summary", {}, summary));
  node.addEventListener("toggle", () => {
    if (node.open && node.childElementCount === 1) node.append(build());
  });
  return node;
}

function makeSection(heading, ...children) {
  return make("section", {}, make("h2", {}, heading), children);
}

function makeStatus(status) {
  return make("span", { class: `status ${status === "passed" ? "good" : "bad"}` }, status);
}

function showPercent(value) {
  return `${(100 * value).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;
}

function showCount(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}
