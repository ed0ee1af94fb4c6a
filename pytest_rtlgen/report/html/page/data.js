// The data of the page: JSON blocks, and chunks of records that are unpacked when one of them is read.

function readBlock(name) {
  return JSON.parse(document.getElementById(`data-${name}`).textContent);
}

/** The texts stand behind this script, so that the first view does not wait for them. */
const parsed = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));

/** Records in chunks, each the base64 form of zlib's form of a JSON list. */
class Records {
  constructor(name) {
    this.name = name;
    this.kept = new Map();
  }

  async read(number) {
    await parsed;
    this.chunks = this.chunks || [...document.querySelectorAll(`script.chunk-${this.name}`)];
    this.starts = this.starts || this.chunks.map((chunk) => Number(chunk.dataset.first));
    let place = this.starts.length - 1;
    while (this.starts[place] > number) place -= 1;
    if (!this.kept.has(place)) this.kept.set(place, unpack(JSON.parse(this.chunks[place].textContent)));
    return (await this.kept.get(place))[number - this.starts[place]];
  }
}

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(await inflate(bytes)));
}

async function inflate(bytes) {
  if (typeof DecompressionStream === "undefined") return inflatePlainly(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// For browsers without DecompressionStream. Source: RFC 1950 and 1951; what is inflated was written by zlib, so
// stored blocks and bad data are only met where a file is damaged, and JSON.parse refuses what comes out.

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

class BitReader {
  constructor(bytes, position) {
    Object.assign(this, { bytes, position, held: 0, count: 0 });
  }

  take(count) {
    while (this.count < count) {
      this.held |= this.bytes[this.position++] << this.count;
      this.count += 8;
    }
    const value = this.held & ((1 << count) - 1);
    this.held >>>= count;
    this.count -= count;
    return value;
  }

  /** Return the next symbol of a canonical code: `counts` has how many symbols each length has. */
  decode({ counts, symbols }) {
    let code = 0, first = 0, index = 0;
    for (let length = 1; length < counts.length; length += 1) {
      code |= this.take(1);
      if (code - first < counts[length]) return symbols[index + code - first];
      index += counts[length];
      first = (first + counts[length]) << 1;
      code <<= 1;
    }
    throw new Error("the page is damaged: a code that nothing has");
  }
}

function makeCode(lengths) {
  const counts = new Array(16).fill(0);
  for (const length of lengths) if (length) counts[length] += 1;
  const places = [0, 0];
  for (let length = 1; length < 15; length += 1) places.push(places[length] + counts[length]);
  const symbols = [];
  lengths.forEach((length, symbol) => {
    if (length) symbols[places[length]++] = symbol;
  });
  return { counts, symbols };
}

function readCodes(bits) {
  const literals = bits.take(5) + 257, distances = bits.take(5) + 1, given = bits.take(4) + 4;
  const orders = new Array(19).fill(0);
  for (let place = 0; place < given; place += 1) orders[CODE_ORDER[place]] = bits.take(3);
  const code = makeCode(orders), lengths = [];
  while (lengths.length < literals + distances) {
    const symbol = bits.decode(code);
    if (symbol < 16) lengths.push(symbol);
    else {
      const value = symbol === 16 ? lengths[lengths.length - 1] : 0;
      const count = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
      for (let repeat = 0; repeat < count; repeat += 1) lengths.push(value);
    }
  }
  return [makeCode(lengths.slice(0, literals)), makeCode(lengths.slice(literals))];
}

function makeFixedCodes() {
  const lengths = [[144, 8], [112, 9], [24, 7], [8, 8]].flatMap(([count, length]) => new Array(count).fill(length));
  return [makeCode(lengths), makeCode(new Array(30).fill(5))];
}

function inflatePlainly(bytes) {
  const bits = new BitReader(bytes, 2); // behind zlib's header
  let out = new Uint8Array(1 << 20), end = 0, isLast = false;
  const grow = (more) => {
    if (end + more <= out.length) return;
    const larger = new Uint8Array(2 * out.length + more);
    larger.set(out);
    out = larger;
  };
  while (!isLast) {
    isLast = bits.take(1) === 1;
    const kind = bits.take(2);
    if (kind === 0) {
      bits.held = bits.count = 0;
      const size = bytes[bits.position] | (bytes[bits.position + 1] << 8);
      grow(size);
      out.set(bytes.subarray(bits.position + 4, bits.position + 4 + size), end);
      bits.position += 4 + size;
      end += size;
      continue;
    }
    const [literals, distances] = kind === 1 ? makeFixedCodes() : readCodes(bits);
    for (let symbol = bits.decode(literals); symbol !== 256; symbol = bits.decode(literals)) {
      grow(258);
      if (symbol < 256) {
        out[end++] = symbol;
        continue;
      }
      const length = LENGTH_BASE[symbol - 257] + bits.take(LENGTH_BITS[symbol - 257]);
      const far = bits.decode(distances);
      const start = end - DISTANCE_BASE[far] - bits.take(DISTANCE_BITS[far]);
      for (let place = 0; place < length; place += 1) out[end++] = out[start + place];
    }
  }
  return out.subarray(0, end);
}
