// Verilog with line numbers, and with the lines marked that messages are about.

const MOST_LINES = 5000;
const MOST_CHARACTERS = 2000;
const TOKENS = /(\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))|("(?:[^"\\\n]|\\.)*")|(\b\d*'[sS]?[bodhBODH][\da-fA-FxXzZ?_]+|\b\d[\d_]*\b)|(\b(?:always|always_comb|always_ff|always_latch|and|assign|begin|bit|case|casex|casez|default|else|end|endcase|endfunction|endgenerate|endmodule|endtask|enum|for|function|generate|genvar|if|initial|inout|input|integer|localparam|logic|module|negedge|nor|not|or|output|packed|parameter|posedge|reg|signed|struct|task|typedef|unsigned|while|wire|xor)\b)/g;
const KINDS = ["comment", "string", "literal", "word"];

/** Return `text` with numbered lines; `messages` are [line, text, class], and a line that has one is marked and says it. */
function makeCodeBox(label, text, messages = []) {
  const byLine = new Map();
  for (const [line, message, kind] of messages) {
    const found = byLine.get(line) || { texts: [], kind };
    found.texts.push(message);
    byLine.set(line, found);
  }
  const lines = splitTokens(text);
  const shown = lines.slice(0, MOST_LINES).map((tokens, place) => {
    const found = byLine.get(place + 1);
    return make("span", { class: found ? `line marked ${found.kind}` : "line" },
      tokens.map(([kind, token]) => (kind ? make("span", { class: kind }, token) : token)),
      found ? make("span", { class: "message" }, `\u25c0 ${found.texts.join("; ")}`) : null, "\n");
  });
  const more = lines.length > MOST_LINES ? `${lines.length - MOST_LINES} more lines are not shown\n` : null;
  return make("pre", { class: "code", role: "region", tabindex: "0", "aria-label": label }, make("code", {}, shown, more));
}

/** Scroll a box to its first marked line, where that is not seen without. */
function showMarked(box) {
  const marked = box.querySelector(".marked");
  if (!marked) return;
  const below = marked.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom;
  if (below > 0) box.scrollTop = below + box.clientHeight / 2;
}

/** Return messages on the lines that set one of `names`, as far as the text of a line tells. */
function listSetters(text, names) {
  if (!names.length) return [];
  const any = names.map((name) => name.replace(/\W/g, "\\$&")).join("|");
  const plain = new RegExp(`(?:^|\\b(?:assign|else|begin)\\b|[:;)])\\s*(${any})(?![\\w$])\\s*(?:\\[[^\\]]*\\]\\s*)*<?=(?!=)`);
  const joined = /\{([^{}]*)\}\s*<?=(?!=)/;
  return text.split("\n").flatMap((line, place) => {
    const code = line.length < MOST_CHARACTERS ? line.replace(/\/\/.*/, "") : "";
    const [, name] = plain.exec(code) || [];
    const parts = (joined.exec(code) || ["", ""])[1].split(/[^\w$]+/);
    const found = name ? [name] : names.filter((other) => parts.includes(other));
    return found.length ? [[place + 1, `sets ${found.join(", ")}, which is wrong`, "setter"]] : [];
  });
}

/** Return for each line its tokens, each [kind or null, text]. */
function splitTokens(text) {
  const lines = [[]];
  const add = (kind, part) => part.split("\n").forEach((piece, place) => {
    if (place) lines.push([]);
    if (piece) lines[lines.length - 1].push([kind, piece]);
  });
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    add(null, text.slice(end, match.index));
    add(KINDS[match.slice(1).findIndex((group) => group !== undefined)], match[0]);
    end = match.index + match[0].length;
  }
  add(null, text.slice(end));
  if (lines.length > 1 && !lines[lines.length - 1].length) lines.pop();
  return lines;
}

function makeText(label, ...children) {
  return make("pre", { class: "text", role: "region", tabindex: "0", "aria-label": label }, children);
}
