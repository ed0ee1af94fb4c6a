// A waveform that is zoomed by buttons, keys and the wheel. Values are binary, most significant bit first.

const WAVE = { row: 30, high: 20, axis: 26, character: 7.3, most: 40 };

/** Return the rows of a verdict's window: inputs, then of each output what was expected and what came. */
function listWaveRows(wave) {
  const inputs = wave.inputs.map(([name, values]) => ({ name, values, others: values, kind: "input" }));
  const outputs = wave.outputs.flatMap(([name, expected, actual]) => {
    const differs = expected.map((value, step) => isDifferent(value, actual[step]));
    return [
      { name: `${name} expected`, values: expected, others: actual, differs, kind: "expected" },
      { name: `${name} actual`, values: actual, others: expected, differs, kind: "actual" },
    ];
  });
  return [...inputs, ...outputs];
}

/** Return the rows of a stimulus, which has one line of bits a step. */
function listStimulusRows(stimulus) {
  const width = stimulus.inputs.reduce((sum, port) => sum + port.width, 0);
  let start = 0;
  return stimulus.inputs.map((port) => {
    const from = start;
    start += port.width;
    const values = Array.from({ length: stimulus.steps }, (_, step) => stimulus.rows.substr(step * width + from, port.width));
    return { name: port.name, values, others: values, kind: "input" };
  });
}

/** Whether a bit that the reference knows came out otherwise: where it is X, anything is right. */
function isDifferent(expected, actual) {
  return [...expected].some((bit, place) => bit !== "X" && bit !== actual[place]);
}

/** Return a value as people read it: hexadecimal, unless that hides how it differs from `other`. */
function showValue(value, other) {
  if (value.length === 1) return value.toLowerCase();
  const digits = toHex(value);
  return value !== other && digits === toHex(other) ? `b${value.toLowerCase()}` : digits;
}

function toHex(value) {
  const padded = value.padStart(Math.ceil(value.length / 4) * 4, value[0] === "Z" ? "Z" : "0");
  return padded.match(/.{4}/g).map((four) =>
    /^[01]+$/.test(four) ? parseInt(four, 2).toString(16) : four === "ZZZZ" ? "z" : "x").join("");
}

class Waveform {
  constructor(title, rows, { first, mark, stepNs }) {
    Object.assign(this, { title, rows, first, mark, stepNs });
    this.steps = Math.max(...rows.map(({ values }) => values.length));
    this.from = 0;
    this.to = this.steps;
    this.picture = make("div", {
      class: "wave", tabindex: "0", role: "group", keydown: (event) => this.press(event),
      "aria-label": `${title}: plus and minus zoom, arrow keys move, 0 shows all, m goes to the first difference`,
    });
    this.picture.addEventListener("wheel", (event) => this.turn(event), { passive: false });
    this.picture.addEventListener("pointerdown", (event) => this.drag(event));
    this.place = make("p", { class: "place", role: "status" });
    this.node = make("div", { class: "waveform" }, this.makeButtons(), this.picture, this.place,
      makeFolded("Values as a table", () => this.makeValues()));
    new ResizeObserver(() => this.show()).observe(this.picture);
  }

  makeButtons() {
    const button = (text, label, act) => make("button", { type: "button", "aria-label": label, title: label, click: act }, text);
    return make("div", { class: "buttons" },
      button("+", "Zoom in", () => this.zoom(0.5)),
      button("\u2212", "Zoom out", () => this.zoom(2)),
      button("\u2190", "Move left", () => this.move(-0.25)),
      button("\u2192", "Move right", () => this.move(0.25)),
      button("All", "Show all steps", () => this.look(0, this.steps)),
      this.mark === null ? null : button("First difference", "Go to the first difference", () => this.goToMark()));
  }

  press(event) {
    const acts = {
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), 0: () => this.look(0, this.steps),
      ArrowLeft: () => this.move(-0.25), ArrowRight: () => this.move(0.25), m: () => this.goToMark(),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in acts)) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** Zoom by the wheel once the wave has the focus, or with Ctrl: else the page scrolls. */
  turn(event) {
    if (!event.ctrlKey && document.activeElement !== this.picture) return;
    event.preventDefault();
    const box = this.picture.getBoundingClientRect();
    const share = (event.clientX - box.left - this.label) / (box.width - this.label);
    this.zoom(event.deltaY < 0 ? 0.8 : 1.25, Math.min(Math.max(share, 0), 1));
  }

  drag(event) {
    const { from, to } = this, start = event.clientX;
    const room = this.picture.clientWidth - this.label;
    const move = ({ clientX }) => this.look(from - ((clientX - start) / room) * (to - from), to - ((clientX - start) / room) * (to - from));
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  zoom(factor, share = 0.5) {
    const length = Math.min(Math.max((this.to - this.from) * factor, Math.min(2, this.steps)), this.steps);
    const centre = this.from + share * (this.to - this.from);
    this.look(centre - share * length, centre + (1 - share) * length);
  }

  move(share) {
    const shift = share * (this.to - this.from);
    this.look(this.from + shift, this.to + shift);
  }

  goToMark() {
    if (this.mark === null) return;
    const half = Math.min(4, this.steps / 2);
    this.look(this.mark + 0.5 - half, this.mark + 0.5 + half);
  }

  /** Show the steps from `from` to `to`, moved to where there are steps. */
  look(from, to) {
    const length = to - from;
    this.from = Math.min(Math.max(from, 0), this.steps - length);
    this.to = this.from + length;
    this.show();
  }

  show() {
    const width = this.picture.clientWidth;
    if (!width) return;
    const longest = Math.max(...this.rows.map(({ name }) => name.length));
    this.label = Math.min((longest + 2) * WAVE.character, 0.45 * width);
    this.picture.dataset.from = this.from.toFixed(3);
    this.picture.dataset.to = this.to.toFixed(3);
    this.picture.replaceChildren(this.drawAll(width));
    const [start, end] = [this.from, this.to].map((step) => ((this.first + step) * this.stepNs).toFixed(0));
    this.place.textContent = `${start} to ${end} ns`;
  }

  toX(step) {
    return this.label + ((step - this.from) / (this.to - this.from)) * this.room;
  }

  drawAll(width) {
    const height = WAVE.axis + this.rows.length * WAVE.row + 4;
    this.room = width - this.label - 2;
    const svg = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": this.title });
    const area = draw("svg", { x: this.label, y: 0, width: this.room, height, viewBox: `${this.label} 0 ${this.room} ${height}` });
    area.append(this.drawHatch(), ...this.drawAxis(height));
    this.rows.forEach((row, place) => {
      const y = WAVE.axis + place * WAVE.row;
      svg.append(draw("text", { class: `label ${row.kind}`, x: this.label - 8, y: y + 18, "text-anchor": "end" },
        this.clip(row.name), draw("title", {}, row.name)));
      area.append(...this.drawDifferences(row, y), ...this.drawRow(row, y));
    });
    svg.append(area);
    return svg;
  }

  clip(name) {
    const most = Math.floor(this.label / WAVE.character) - 1;
    if (name.length <= most) return name;
    const [, signal, word] = name.match(/^(.*?)( expected| actual)?$/);
    const short = { " expected": " exp", " actual": " act" }[word] || "";
    return (signal + short).length <= most ? signal + short : `${signal.slice(0, Math.max(1, most - short.length - 1))}\u2026${short}`;
  }

  /** What fills unknown values: lines, so that it is not told by its colour alone. */
  drawHatch() {
    return draw("defs", {}, draw("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      draw("rect", { class: "hatch-ground", width: 6, height: 6 }), draw("line", { class: "hatch", x1: 0, x2: 0, y1: 0, y2: 6 })));
  }

  *drawAxis(height) {
    const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((count) => (count / (this.to - this.from)) * this.room >= 52) || 2000;
    for (let step = Math.floor(this.from); step <= Math.ceil(this.to); step += 1) {
      if ((this.first + step) % every) continue;
      yield draw("line", { class: "grid", x1: this.toX(step), x2: this.toX(step), y1: WAVE.axis - 6, y2: height });
      yield draw("text", { class: "tick", x: this.toX(step) + 2, y: 12 }, `${(this.first + step) * this.stepNs} ns`);
    }
    if (this.mark !== null) {
      const x = this.toX(this.mark);
      yield draw("line", { class: "first", x1: x, x2: x, y1: 14, y2: height });
      yield draw("path", { class: "flag", d: `M${x},14 l8,4 l-8,4 z` }, draw("title", {}, "first difference"));
    }
  }

  *drawDifferences({ differs }, y) {
    if (!differs) return;
    for (const [start, end, isWrong] of this.listRuns(differs)) {
      if (isWrong) {
        yield draw("rect", { class: "differs", x: this.toX(start), width: this.toX(end) - this.toX(start), y: y + 1, height: WAVE.row - 2 },
          draw("title", {}, "differs"));
      }
    }
  }

  *drawRow(row, y) {
    const top = y + 5, bottom = top + WAVE.high, middle = top + WAVE.high / 2;
    let before = null;
    const texts = row.values.map((value, step) => showValue(value, row.others[step]));
    for (const [start, end, text] of this.listRuns(texts)) {
      const value = row.values[start], x = this.toX(start), last = this.toX(end);
      const state = /X/.test(value) ? "unknown" : /^Z+$/.test(value) ? "floating" : "known";
      const title = draw("title", {}, `${row.name} = ${value.length > 1 ? `${value.length}'b${value.toLowerCase()}` : text}, ${(this.first + start) * this.stepNs} to ${(this.first + end) * this.stepNs} ns`);
      let level = null;
      if (state === "floating") yield draw("line", { class: "floating", x1: x, x2: last, y1: middle, y2: middle }, title);
      else if (value.length > 1 || state === "unknown") {
        const slope = Math.min(4, (last - x) / 2);
        yield draw("polygon", { class: `bus ${state} ${row.kind}`, points: [[x, middle], [x + slope, top], [last - slope, top], [last, middle], [last - slope, bottom], [x + slope, bottom]].join(" ") }, title);
      } else {
        level = value === "1" ? top : bottom;
        const rise = before === null || before === level ? "" : `M${x},${before} L${x},${level}`;
        yield draw("path", { class: `bit ${row.kind}`, d: `${rise} M${x},${level} L${last},${level}` }, title);
      }
      before = level;
      if (value.length > 1 || state !== "known") yield this.drawText(text, x, last, middle, state);
    }
  }

  /** Return the value in the middle of what is seen of its run, as much of it as has room. */
  drawText(text, start, end, middle, state) {
    const left = Math.max(start, this.label), right = Math.min(end, this.label + this.room);
    const most = Math.floor((right - left - 8) / WAVE.character);
    const shown = text.length <= most ? text : most > 2 ? `${text.slice(0, most - 1)}\u2026` : "";
    return draw("text", { class: `value ${state}`, x: (left + right) / 2, y: middle + 4, "text-anchor": "middle" }, shown);
  }

  /** Yield [first step, step after the last, value] of equal values in a row, of the steps that are seen. */
  *listRuns(values) {
    const end = Math.min(Math.ceil(this.to), values.length);
    for (let step = Math.floor(this.from); step < end;) {
      let next = step + 1;
      while (next < end && values[next] === values[step]) next += 1;
      yield [step, next, values[step]];
      step = next;
    }
  }

  makeValues() {
    const headings = ["signal", ...Array.from({ length: this.steps }, (_, step) => `${(this.first + step) * this.stepNs} ns`)];
    const rows = this.rows.map((row) => [row.name, ...row.values.map((value, step) =>
      `${showValue(value, row.others[step])}${row.differs && row.differs[step] ? " \u2260" : ""}`)]);
    return makeTable(`${this.title}, values`, headings, rows);
  }
}
