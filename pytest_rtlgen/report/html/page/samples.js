// The table of samples: searched, filtered, sorted, a hundred rows at a time. Its state is in the address.

const PAGE = 100;
const DIFFICULTIES = ["easy", "medium", "hard", "unrated"];
const SORTS = ["sample", "status", "note", "credit", "tokens", "category", "difficulty"];
const RATIOS = ["area", "depth"];
const HEADINGS = { sample: "Sample", status: "Status", note: "What is wrong", credit: "Outputs right", tokens: "Tokens", category: "Category", difficulty: "Difficulty", area: "Area to ref.", depth: "Depth to ref." };

function makeSamplesLink(query) {
  return `#/samples?${new URLSearchParams(Object.entries(query).filter(([, value]) => value))}`;
}

function makeSampleLink(problem, index) {
  return `#/sample/${[problem.suite, problem.id, index].map(encodeURIComponent).join("/")}`;
}

/** Return the rank of each text in the order that people expect, in which 9 comes before 10. */
function rank(texts) {
  const collator = new Intl.Collator("en", { numeric: true });
  const order = [...new Set(texts)].sort(collator.compare);
  const places = new Map(order.map((text, place) => [text, place]));
  return texts.map((text) => places.get(text));
}

class SampleTable {
  constructor({ problems, rows, statuses }) {
    Object.assign(this, { problems, rows, statuses });
    this.count = rows.index.length;
    this.columns = rows.area ? [...SORTS, ...RATIOS] : SORTS;
    const names = problems.map(({ suite, id, title, category }) => `${suite}/${id} ${title} ${category}`.toLowerCase());
    const notes = rows.notes.map((note) => note.toLowerCase());
    this.texts = rows.index.map((index, row) => `${names[rows.problem[row]]} sample ${index} ${statuses[rows.status[row]]} ${notes[rows.note[row]]}`);
    this.keys = {};
    this.page = 0;
  }

  /** Return what rows are sorted by in a column: numbers as they are, texts by their rank. */
  makeKey(column) {
    const { rows, problems, statuses } = this;
    const ofProblem = (values) => (row) => values[rows.problem[row]];
    if (column === "sample") {
      const names = rank(problems.map(({ suite, id }) => `${suite}/${id}`));
      return (row) => names[rows.problem[row]] * 1e7 + rows.index[row];
    }
    if (column === "category") return ofProblem(rank(problems.map(({ category }) => category)));
    if (column === "difficulty") return ofProblem(problems.map(({ difficulty }) => DIFFICULTIES.indexOf(difficulty)));
    if (column === "tokens") return (row) => rows.tokens[row] ?? -1;
    if (RATIOS.includes(column)) return (row) => rows[column][row] ?? Infinity;
    if (column === "credit") return (row) => rows.credit[row];
    const ranks = rank(column === "status" ? statuses : rows.notes);
    return (row) => ranks[rows[column][row]];
  }

  /** Return the numbers of the rows that a query asks for, in its order. */
  find({ q, status, category, difficulty, suite, sort, down }) {
    const { problems, rows, statuses } = this;
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    const state = status ? statuses.indexOf(status) : -1;
    const isWanted = problems.map((problem) =>
      (!category || problem.category === category) && (!difficulty || problem.difficulty === difficulty) && (!suite || problem.suite === suite));
    const found = [];
    for (let row = 0; row < this.count; row += 1) {
      if (isWanted[rows.problem[row]] && (state < 0 || rows.status[row] === state) && words.every((word) => this.texts[row].includes(word))) found.push(row);
    }
    this.keys[sort] = this.keys[sort] || this.makeKey(sort);
    const key = this.keys[sort], sign = down ? -1 : 1;
    return found.sort((one, other) => sign * (key(one) - key(other)) || one - other);
  }

  /** Return the view. */
  make(query) {
    const pick = (name) => (query.get(name) || "");
    this.query = { q: pick("q"), status: pick("status"), category: pick("category"), difficulty: pick("difficulty"), suite: pick("suite"), sort: this.columns.includes(pick("sort")) ? pick("sort") : "sample", down: pick("down") };
    this.page = 0;
    this.body = make("tbody");
    this.head = make("tr");
    this.counter = make("p", { role: "status", class: "counter" });
    this.pager = [["Previous", -1], ["Next", 1]].map(([word, shift]) => make("button", { type: "button", click: () => this.turn(shift) }, word));
    this.search = make("input", { type: "search", id: "search", value: this.query.q, autocomplete: "off", input: ({ target }) => this.change({ q: target.value }) });
    const nodes = [
      make("h1", {}, "Samples"),
      make("form", { class: "filters", role: "search", submit: (event) => event.preventDefault() },
        make("label", {}, "Search", this.search),
        this.makeSelect("status", this.statuses.filter((_, place) => this.rows.status.includes(place))),
        this.makeSelect("category", [...new Set(this.problems.map(({ category }) => category))].sort()),
        this.makeSelect("difficulty", [...new Set(this.problems.map(({ difficulty }) => difficulty))]),
        this.makeSelect("suite", [...new Set(this.problems.map(({ suite }) => suite))]),
        make("button", { type: "button", click: () => { location.hash = "#/samples"; } }, "Clear")),
      make("div", { class: "pager" }, this.counter, this.pager),
      makeScroller("Samples", make("table", { class: "samples" }, make("caption", { class: "hidden" }, "Samples"), make("thead", {}, this.head), this.body)),
    ];
    this.update();
    return nodes;
  }

  makeSelect(name, choices) {
    if (choices.length < 2) return null;
    return make("label", {}, name[0].toUpperCase() + name.slice(1),
      make("select", { id: `filter-${name}`, change: ({ target }) => this.change({ [name]: target.value }) },
        make("option", { value: "" }, "all"),
        choices.map((choice) => make("option", { value: choice, selected: choice === this.query[name] }, choice))));
  }

  change(part) {
    Object.assign(this.query, part);
    this.page = 0;
    this.update();
    history.replaceState(null, "", makeSamplesLink({ ...this.query, sort: this.query.sort === "sample" ? "" : this.query.sort }));
  }

  turn(shift) {
    this.page += shift;
    this.show();
    this.body.closest(".scroller").scrollIntoView();
  }

  update() {
    this.found = this.find(this.query);
    this.head.replaceChildren(...this.columns.map((name) => this.makeHeading(name)));
    this.show();
  }

  makeHeading(name) {
    const isSorted = this.query.sort === name, isDown = Boolean(this.query.down);
    const press = () => {
      this.change({ sort: name, down: isSorted && !isDown ? "1" : "" });
      this.head.children[this.columns.indexOf(name)].firstChild.focus();
    };
    return make("th", { scope: "col", "aria-sort": isSorted ? (isDown ? "descending" : "ascending") : "none" },
      make("button", { type: "button", click: press }, HEADINGS[name], make("span", { "aria-hidden": "true" }, isSorted ? (isDown ? " \u25bc" : " \u25b2") : "")));
  }

  show() {
    const start = this.page * PAGE, end = Math.min(start + PAGE, this.found.length);
    this.body.replaceChildren(...this.found.slice(start, end).map((row) => this.makeRow(row)));
    const total = this.found.length === this.count ? "" : ` (of ${this.count.toLocaleString("en")})`;
    const range = this.found.length > PAGE ? `, ${(start + 1).toLocaleString("en")} to ${end.toLocaleString("en")} shown` : "";
    this.counter.textContent = `${showCount(this.found.length, "sample")}${total}${range}`;
    this.pager[0].disabled = this.page === 0;
    this.pager[1].disabled = end >= this.found.length;
  }

  makeRow(row) {
    const { rows } = this, problem = this.problems[rows.problem[row]], index = rows.index[row];
    return make("tr", {},
      make("th", { scope: "row" }, make("a", { href: makeSampleLink(problem, index) }, `${problem.suite}/${problem.id} ${index}`)),
      make("td", {}, makeStatus(this.statuses[rows.status[row]])), make("td", { class: "note" }, rows.notes[rows.note[row]]),
      make("td", { class: "number" }, showPercent(rows.credit[row])),
      make("td", { class: "number" }, rows.tokens[row] === null ? "" : rows.tokens[row].toLocaleString("en")),
      make("td", {}, problem.category), make("td", {}, problem.difficulty),
      this.columns.slice(SORTS.length).map((name) => make("td", { class: "number" }, rows[name][row] === null ? "" : rows[name][row].toFixed(2))));
  }
}
