// Charts as SVG, each with its figures as a table for those who cannot see it.

const CHART = { width: 560, height: 260, left: 46, right: 86, top: 12, bottom: 42 };
const MARKS = [["circle", "line-a"], ["square", "line-b"]];

/** Return a chart of series, each {name, points: [[x, value, low, high]]} with values from 0 to 1, and its table. */
function makeLineChart(title, xName, series) {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const at = makeScale(xs);
  const svg = makeFrame(title, xName, thin(xs.map((x) => [at(x), x.toLocaleString("en")])));
  series.forEach(({ name, points }, place) => {
    const [shape, style] = MARKS[place % MARKS.length];
    if (points.some((point) => point.length > 2)) svg.append(drawBand(points, at, style));
    svg.append(draw("polyline", { class: `line ${style}`, points: points.map(([x, value]) => `${at(x)},${toY(value)}`).join(" ") }));
    svg.append(...points.map(([x, value]) => drawMark(shape, at(x), toY(value), style)));
  });
  svg.append(...placeNames(series));
  const headings = [xName, ...series.map(({ name }) => name)];
  const rows = xs.map((x) => [x.toLocaleString("en"), ...series.map(({ points }) => showPoint(points.find((point) => point[0] === x)))]);
  return makeFigure(title, svg, makeFolded("Figures", () => makeTable(title, headings, rows)));
}

/** Return a chart of bars, each {name, value from 0 to 1, note}, and its table. */
function makeBarChart(title, xName, bars, headings) {
  const { left, right, width } = CHART;
  const step = (width - left - right) / bars.length;
  const svg = makeFrame(title, xName, bars.map(({ name }, place) => [left + (place + 0.5) * step, name]));
  bars.forEach(({ value, note }, place) => {
    const x = left + place * step;
    svg.append(draw("rect", { class: "bar", x: x + 0.15 * step, width: 0.7 * step, y: toY(value), height: toY(0) - toY(value) },
      draw("title", {}, note)));
    svg.append(draw("text", { class: "tick", x: x + 0.5 * step, y: Math.max(toY(value) - 4, 12), "text-anchor": "middle" }, showPercent(value)));
  });
  return makeFigure(title, svg, makeFolded("Figures", () => makeTable(title, headings, bars.map(({ cells }) => cells))));
}

function makeFigure(title, ...children) {
  return make("figure", {}, make("figcaption", {}, title), children);
}

/** Return an empty chart with its axes; `ticks` are [x, text]. */
function makeFrame(title, xName, ticks) {
  const { width, height, left, right, top, bottom } = CHART;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}; the figures follow as a table` });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    svg.append(draw("line", { class: "grid", x1: left, x2: width - right, y1: toY(share), y2: toY(share) }));
    svg.append(draw("text", { class: "tick", x: left - 6, y: toY(share) + 4, "text-anchor": "end" }, `${100 * share} %`));
  }
  for (const [x, text] of ticks) {
    svg.append(draw("text", { class: "tick", x, y: height - bottom + 16, "text-anchor": "middle" }, text));
  }
  svg.append(draw("text", { class: "tick", x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, xName));
  return svg;
}

function drawBand(points, at, style) {
  const upper = points.map(([x, , , high]) => `${at(x)},${toY(high)}`);
  const lower = points.map(([x, , low]) => `${at(x)},${toY(low)}`).reverse();
  return draw("polygon", { class: `band ${style}`, points: [...upper, ...lower].join(" ") });
}

function drawMark(shape, x, y, style) {
  return shape === "circle"
    ? draw("circle", { class: `mark ${style}`, cx: x, cy: y, r: 3.5 })
    : draw("rect", { class: `mark ${style}`, x: x - 3.5, y: y - 3.5, width: 7, height: 7 });
}

/** Return the series' names at their ends, moved apart where they would lie on each other. */
function placeNames(series) {
  let last = -Infinity;
  return series
    .map(({ name, points }) => ({ name, y: toY(points[points.length - 1][1]) + 4 }))
    .sort((one, other) => one.y - other.y)
    .map(({ name, y }) => {
      last = Math.max(y, last + 14);
      return draw("text", { class: "tick name", x: CHART.width - CHART.right + 8, y: last }, name);
    });
}

/** Return what places x evenly by rank: k and budgets grow by factors. */
function makeScale(xs) {
  const { left, right, width } = CHART;
  const room = width - left - right - 20;
  const places = new Map(xs.map((x, place) => [x, left + 10 + (xs.length > 1 ? (room * place) / (xs.length - 1) : room / 2)]));
  return (x) => places.get(x);
}

/** Return the ticks that have room, the last one always. */
function thin(ticks) {
  const every = Math.ceil(ticks.length / 9);
  return ticks.filter((_, place) => (ticks.length - 1 - place) % every === 0);
}

function toY(share) {
  return CHART.top + (1 - share) * (CHART.height - CHART.top - CHART.bottom);
}

function showPoint(point) {
  if (!point) return "";
  const [, value, low, high] = point;
  return low === undefined ? value.toFixed(3) : `${value.toFixed(3)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

/** Return a small line from low to high with a dot at the value. */
function makeInterval({ value, low, high }) {
  const x = (share) => 4 + 92 * share;
  return draw("svg", { class: "interval", viewBox: "0 0 100 14", width: 100, height: 14, "aria-hidden": "true" },
    draw("line", { class: "grid", x1: x(0), x2: x(1), y1: 7, y2: 7 }),
    draw("line", { class: "range", x1: x(low), x2: x(high), y1: 7, y2: 7 }),
    draw("circle", { class: "mark line-a", cx: x(value), cy: 7, r: 4 }));
}
