// Which view is shown: by the address, so that links and the browser's back work.

const data = { overview: readBlock("overview"), problems: readBlock("problems"), rows: readBlock("rows"), statuses: readBlock("statuses") };
const records = { tasks: new Records("tasks"), samples: new Records("samples"), chats: new Records("chats") };
const main = document.getElementById("main");
let table = null; // made when it is first shown

async function makeView(path, query) {
  if (path === "" || path === "/") return ["overview", makeOverview(data)];
  if (path === "/samples") {
    table = table || new SampleTable(data);
    return ["samples", table.make(query)];
  }
  const row = findRow(path);
  return row === undefined ? ["", [make("h1", {}, "Not in this report"), make("p", {}, "This address names no sample of the run.")]] : ["sample", await makeSampleView(row)];
}

function findRow(path) {
  const [, kind, suite, id, index] = path.split("/").map(decode);
  if (kind !== "sample") return undefined;
  const place = data.problems.findIndex((problem) => problem.suite === suite && problem.id === id);
  const row = data.rows.problem.findIndex((problem, number) => problem === place && String(data.rows.index[number]) === index);
  return row < 0 ? undefined : row;
}

/** Return a part of the address as text, which a mistyped one may not be. */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function makeSampleView(row) {
  const { rows, problems, statuses } = data, place = rows.problem[row];
  const sample = await records.samples.read(row);
  const task = await records.tasks.read(place);
  const chat = sample.prompt === null ? null : await records.chats.read(sample.prompt);
  const link = (other) => other >= 0 && other < rows.index.length && makeSampleLink(problems[rows.problem[other]], rows.index[other]);
  return makeSample({ problem: problems[place], index: rows.index[row], status: statuses[rows.status[row]], task, sample, chat, before: link(row - 1), after: link(row + 1) });
}

async function show() {
  const address = location.hash.slice(1);
  const [path, query] = address.split("?");
  const [name, nodes] = await makeView(path, new URLSearchParams(query || ""));
  if (address !== location.hash.slice(1)) return; // another one was asked for meanwhile
  main.replaceChildren(...nodes.flat(Infinity).filter(Boolean));
  main.dataset.view = name;
  main.querySelectorAll(".code").forEach(showMarked);
  for (const view of ["overview", "samples"]) {
    const link = document.getElementById(`nav-${view}`);
    if (view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  performance.mark("shown");
  document.title = `${main.querySelector("h1").textContent} - rtlgen report`;
}

function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Keep the theme for the next page, where the browser lets a file do that. */
function keepTheme(theme) {
  try {
    if (theme !== undefined) localStorage.setItem("rtlgen-theme", theme);
    return localStorage.getItem("rtlgen-theme") || "auto";
  } catch {
    return theme || "auto";
  }
}

const themes = document.getElementById("theme");
themes.value = keepTheme();
setTheme(themes.value);
themes.addEventListener("change", () => setTheme(keepTheme(themes.value)));
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", async () => {
  await show();
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
});
show();
