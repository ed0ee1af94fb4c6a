// The view of one sample.

const PROOFS = { equivalent: "proved equivalent", different: "proved different", unknown: "not proved" };

function makeSample({ problem, index, status, task, sample, chat, before, after }) {
  const source = "\n".repeat(sample.skipped) + (sample.candidate === null ? sample.answer[1] : sample.candidate.replace(/^\n+/, ""));
  const { verdict } = sample;
  return [
    make("nav", { class: "steps", "aria-label": "Samples" }, before && make("a", { href: before }, "\u2190 previous sample"), " ", after && make("a", { href: after }, "next sample \u2192")),
    make("h1", {}, `${problem.suite}/${problem.id} sample ${index}`),
    make("p", { class: "outcome" }, makeStatus(status), ` ${sample.reason}`),
    problem.title === problem.id ? null : make("p", {}, problem.title),
    makeFacts([["category", problem.category], ["difficulty", problem.difficulty], ...sample.facts]),
    sample.turns.length ? makeSection("Repairs", make("ol", {}, sample.turns.map(([turn, kind, state]) => make("li", {}, `turn ${turn}, to ${kind}: `, makeStatus(state))))) : null,
    makeMessages("Messages", verdict.diagnostics),
    makeVerdicts(verdict),
    makeWave(sample),
    makeProof(verdict.equivalence),
    makeBench(sample),
    makeSection("Candidate and reference", makeSides(sample, source, task)),
    makeSection("Answer", makeAnswer(sample)),
    makeSection(...makePrompt(sample, chat, task)),
  ];
}

function makeMessages(heading, diagnostics) {
  if (!diagnostics.length) return null;
  return makeSection(heading, make("ul", { class: "messages" }, diagnostics.map((item) =>
    make("li", { class: item.severity }, make("span", { class: "quiet" }, `${item.tool} ${item.severity}${placeOf(item)}: `), item.message))));
}

function placeOf({ file, line }) {
  return line === null ? "" : `, ${file ? `${file} ` : ""}line ${line}`;
}

function makeVerdicts({ signals, equivalence }) {
  if (!signals.length) return null;
  const proofs = new Map(equivalence ? equivalence.outputs : []);
  const rows = signals.map((signal) => [
    signal.name, makeStatusWord(signal), signal.checked.toLocaleString("en"), signal.mismatches.toLocaleString("en"),
    signal.first_mismatch_ns === null ? "" : String(signal.first_mismatch_ns), showWide(signal.expected, signal.actual), showWide(signal.actual, signal.expected),
    ...(equivalence ? [PROOFS[proofs.get(signal.name)] || ""] : []),
  ]);
  const headings = ["output", "verdict", "steps checked", "mismatches", "first at ns", "expected", "actual", ...(equivalence ? ["proof"] : [])];
  return makeSection("Outputs", makeTable("Verdict on each output", headings, rows));
}

function makeStatusWord(signal) {
  const isRight = signal.mismatches === 0 && signal.checked > 0;
  return make("span", { class: `status ${isRight ? "good" : "bad"}` }, isRight ? "right" : signal.mismatches ? "wrong" : "never known");
}

function showWide(value, other) {
  if (value === null) return "";
  return value.length > 1 ? `${value.length}'h${showValue(value, other)}`.replace("'hb", "'b") : showValue(value, other);
}

function makeWave({ wave }) {
  if (!wave) return null;
  const place = { first: wave.first_step, mark: wave.mismatch_step - wave.first_step, stepNs: wave.step_ns };
  return makeSection("Waveform around the first difference", new Waveform("Waveform", listWaveRows(wave), place).node,
    make("p", { class: "quiet" }, "Hatched: X, unknown. Dashed line in the middle: Z. Framed: a bit that the reference knows differs. Drag to move; the wheel zooms once the waveform is clicked, or with Ctrl."));
}

function makeProof(equivalence) {
  if (!equivalence || !(equivalence.counterexamples.length || equivalence.reason)) return null;
  return makeSection("Proof", equivalence.reason ? make("p", {}, equivalence.reason) : null,
    equivalence.counterexamples.map(([output, stimulus]) => [
      make("h3", {}, `Counterexample for ${output}`),
      stimulus.inputs.length ? new Waveform(`Inputs from power-up after which ${output} differs`, listStimulusRows(stimulus), { first: 0, mark: null, stepNs: 10 }).node : null,
    ]));
}

function makeBench({ bench, bench_word: word, disagreement, verdict }) {
  if (!bench) return null;
  const facts = [["its verdict", word], ["out of the candidate's reach", bench.status]];
  if (bench.samples) facts.push(["samples compared", bench.samples.toLocaleString("en")], ["mismatches", bench.mismatches.toLocaleString("en")]);
  const why = disagreement && make("p", { class: "remark" }, `It disagrees with ours, ${verdict.status}: ${disagreement.filter(Boolean).join(": ")}`);
  const rows = bench.outputs.map(({ name, mismatches }) => [name, mismatches.toLocaleString("en")]);
  return makeSection("The benchmark's own verdict", makeFacts(facts), why,
    rows.length ? makeTable("Mismatches that the benchmark counted", ["output", "mismatches"], rows) : null,
    bench.diagnostics.length ? make("ul", { class: "messages" }, bench.diagnostics.map((item) => make("li", { class: item.severity }, `${item.tool} ${item.severity}${placeOf(item)}: ${item.message}`))) : null);
}

function makeSides({ files, verdict }, source, { references, is_hidden: isHidden }) {
  const wrong = verdict.signals.filter(({ mismatches }) => mismatches).map(({ name }) => name);
  const isIn = (file, item) => item.line !== null && (!item.file || !file || item.file === file);
  const listMessages = (file, text) => [
    ...verdict.diagnostics.filter((item) => isIn(file, item)).map((item) => [item.line, item.message, item.severity]),
    ...listSetters(text, wrong),
  ];
  const made = files.length ? files : [{ name: "", text: source }];
  const left = source || files.length
    ? made.map(({ name, text }) => [make("h3", {}, name ? `Candidate, ${name}` : "Candidate"), makeCodeBox(`Candidate ${name}`, text, listMessages(name, text))])
    : [make("h3", {}, "Candidate"), make("p", {}, "The answer holds no Verilog.")];
  const right = references.map(({ name, text }, place) => [make("h3", {}, `${place ? "Also right" : "Reference"}, ${name}`), makeCodeBox(`Reference ${name}`, text)]);
  const none = isHidden ? "References were left out of this page." : "The benchmark keeps its reference to itself.";
  return make("div", { class: "sides" }, make("div", {}, left), make("div", {}, right.length ? right : [make("h3", {}, "Reference"), make("p", {}, none)]));
}

function makeAnswer({ answer: [before, code, after], reasoning, candidate }) {
  const sign = (text) => make("span", { class: "hidden" }, text);
  const marked = code ? [sign("[extracted from here] "), make("mark", {}, code), sign(" [to here]")] : null;
  return [
    candidate === null || !code ? null : make("p", { class: "quiet" }, "The candidate is put together; the part of it that stands here in one piece is marked."),
    makeText("Answer of the model", before, marked, after),
    reasoning ? makeFolded("Reasoning that came apart from the answer", () => makeText("Reasoning", reasoning)) : null,
  ];
}

function makePrompt({ is_prompt_sent: isSent }, chat, { description }) {
  if (!chat) return ["Description", make("p", { class: "quiet" }, "The prompt itself is not kept in the run; this is the problem's description in it."), makeText("Description", description)];
  return ["Prompt", isSent ? null : make("p", { class: "quiet" }, "The answer is a recording; a model would be asked this."),
    chat.map(([role, text]) => [make("h3", {}, role), makeText(`Message of the ${role}`, text)])];
}
