// The first view: what the run came to.

const MOST_PROBLEMS = 30;

function makeOverview({ overview, problems }) {
  return [
    make("h1", {}, overview.title),
    makeRemarks(overview),
    make("ul", { class: "cards" }, overview.cards.map(makeCard)),
    make("p", { class: "quiet" }, `${showCount(overview.problems, "problem")}, ${showCount(overview.samples, "sample")}; in brackets the 95 % interval.`),
    make("div", { class: "pair" }, makeSection("Outcomes", makeStatuses(overview)), makeSection("More samples", makeCurve(overview))),
    overview.groups.map((group) => makeSection(GROUPS[group.name], makeGroup(group))),
    makeOutputs(overview.outputs, problems),
    makeSection("Length of the answers", makeLengths(overview.lengths)),
    overview.turns.length ? makeSection("Turns of the repair loop", makeTurns(overview.turns)) : null,
    overview.tables.length ? makeSection("Other scorings", overview.tables.map((table) => makeText("Table", table))) : null,
    makeSection("The run", makeFacts(overview.facts)),
  ];
}

const GROUPS = { without: "Without problems that are known to be bad", category: "Categories", difficulty: "Difficulties" };

function makeRemarks({ gates, notes, excluded }) {
  const items = [
    ...gates.map(([text, isMet]) => make("li", { class: isMet ? "good" : "bad" }, text)),
    ...notes.map((text) => make("li", { class: "bad" }, text)),
    ...excluded.map(([label, reason]) => make("li", {}, `${label} was not judged, and is in no figure: ${reason}`)),
  ];
  return items.length ? make("ul", { class: "remarks" }, items) : null;
}

function makeCard({ name, value, low, high }) {
  return make("li", {}, make("span", { class: "name" }, name), make("strong", {}, value.toFixed(3)),
    make("span", { class: "quiet" }, `[${low.toFixed(2)}, ${high.toFixed(2)}]`), makeInterval({ value, low, high }));
}

function makeStatuses({ statuses, samples }) {
  const rows = statuses.map(([status, count, reason]) => [
    make("a", { href: makeSamplesLink({ status }) }, makeStatus(status)), count.toLocaleString("en"), showPercent(count / samples),
    make("span", { class: "left" }, reason),
  ]);
  return makeTable("Outcomes of the samples", ["status", "samples", "share", "meaning"], rows, "wide-last");
}

function makeCurve({ curve }) {
  return curve[0].points.length > 1
    ? makeLineChart("pass@k and syntax@k with their 95 % intervals", "k", curve)
    : make("p", {}, "One sample a problem: there is no curve over k.");
}

function makeGroup({ name, rows }) {
  const headings = [name === "without" ? "" : name, "problems", ...rows[0].figures.map((figure) => figure.name), `${rows[0].figures.find((figure) => figure.name.startsWith("pass@")).name} and its interval`];
  const cells = rows.map((row) => [
    name === "without" ? row.label : make("a", { href: makeSamplesLink({ [name]: row.label }) }, row.label),
    String(row.problems), ...row.figures.map((figure) => figure.text),
    makeInterval(row.figures.find((figure) => figure.name.startsWith("pass@"))),
  ]);
  return makeTable(GROUPS[name], headings, cells);
}

/** Return the heat map: a row a problem, a field an output, darker the oftener it is wrong. */
function makeOutputs(rows, problems) {
  if (!rows.length) return null;
  const list = make("ul", { class: "heat" });
  const add = (some) => list.append(...some.map((row) => makeHeatRow(row, problems[row.problem])));
  add(rows.slice(0, MOST_PROBLEMS));
  const more = rows.length > MOST_PROBLEMS && make("button", { type: "button", click: (event) => {
    add(rows.slice(MOST_PROBLEMS));
    event.target.remove();
    list.children[MOST_PROBLEMS].querySelector("a").focus();
  } }, `Show all ${rows.length} problems`);
  return makeSection("Outputs that are wrong",
    make("p", { class: "quiet" }, "Share of the compared samples in which an output is wrong, the worst problem first; problems whose outputs were always right are left out."), list, more);
}

function makeHeatRow({ outputs }, problem) {
  const name = `${problem.suite}/${problem.id}`;
  const fields = outputs.map(([output, wrong, count]) =>
    make("span", { class: `field heat-${Math.ceil((5 * wrong) / count)}`, title: `${output}: wrong in ${wrong} of ${count}` }, `${output} ${showPercent(wrong / count)}`));
  return make("li", {}, make("a", { href: makeSamplesLink({ q: name }) }, name), make("span", { class: "fields" }, fields.flatMap((field) => [field, " "])));
}

function makeLengths({ unit, bands, budgets }) {
  const bars = bands.map(([low, high, count, passed]) => {
    const range = `${low.toLocaleString("en")}\u2013${high.toLocaleString("en")}`;
    return { name: shorten(high), value: passed / count, note: `${range}: ${passed} of ${count} pass`, cells: [range, String(count), String(passed), showPercent(passed / count)] };
  });
  return make("div", { class: "pair" },
    makeBarChart("Share of samples that pass, by length of the answer", `${unit}, up to`, bars, [unit, "samples", "passed", "share"]),
    budgets.length ? makeLineChart("pass@1 if longer answers had been cut off", "most completion tokens", [{ name: "pass@1", points: budgets.map(([budget, value]) => [budget, value]) }]) : null);
}

function shorten(number) {
  return number < 1000 ? String(number) : `${(number / 1000).toFixed(number < 10000 ? 1 : 0)}k`;
}

function makeTurns(turns) {
  const ks = turns[0].points.map(([k]) => k);
  const series = ks.slice(0, 2).map((k, place) => ({ name: `pass@${k}`, points: turns.map(({ turn, points }) => [turn, ...points[place].slice(1)]) }));
  const rows = turns.map(({ turn, asked, passed, tokens, points }) => [String(turn), asked.toLocaleString("en"), passed.toLocaleString("en"), tokens.toLocaleString("en"), ...points.map(showPoint)]);
  return [makeLineChart("pass@k after each turn", "turn", series),
    makeTable("Turns", ["turn", "asked", "right", "tokens", ...ks.map((k) => `pass@${k}`)], rows)];
}

function makeFacts(facts) {
  return make("dl", { class: "facts" }, facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}
