// Verilog with line numbers, and with the lines marked that messages are about.

const MOST_LINES = 5000;
const TOKENS = /(\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))|("(?:[^"\\\n]|\\.)*")|(\b\d*'[sS]?[bodhBODH][\da-fA-FxXzZ?_]+|\b\d[\d_]*\b)|(\b(?:always|always_comb|always_ff|always_latch|and|assign|begin|bit|case|casex|casez|default|else|end|endcase|endfunction|endgenerate|endmodule|endtask|enum|for|function|generate|genvar|if|initial|inout|input|integer|localparam|logic|module|negedge|nor|not|or|output|packed|parameter|posedge|reg|signed|struct|task|typedef|unsigned|while|wire|xor)\b)/g;
const KINDS = ["comment", "string", "literal", "word"];

/** Return `text` with numbered lines; `messages` are [line, text], and a line that has one is marked and says it. */
function makeCodeBox(label, text, messages = []) {
  const byLine = new Map();
  for (const [line, message] of messages) byLine.set(line, [...(byLine.get(line) || []), message]);
  const lines = splitTokens(text);
  const shown = lines.slice(0, MOST_LINES).map((tokens, place) => {
    const found = byLine.get(place + 1);
    return make("span", { class: found ? "line marked" : "line" },
      tokens.map(([kind, token]) => (kind ? make("span", { class: kind }, token) : token)),
      found ? make("span", { class: "message" }, `\u25c0 ${found.join("; ")}`) : null, "\n");
  });
  const more = lines.length > MOST_LINES ? `${lines.length - MOST_LINES} more lines are not shown\n` : null;
  return make("pre", { class: "code", role: "region", tabindex: "0", "aria-label": label }, make("code", {}, shown, more));
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
