// A second implementation of the sealed formats, written from docs/spec alone: `node open_vectors.mjs [FOLDER]`.
// Only WebCrypto, no package. Prints `N opened, F failed` and ends with 1 if anything failed.
import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const { subtle } = globalThis.crypto ?? webcrypto; // Node 18 has it in a module alone
const folder = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "..", "vectors");
const text = new TextEncoder();

const unhex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unbase64 = (encoded) => Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
const join_ = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

function big(number, size) {
  const out = new Uint8Array(size);
  let left = BigInt(number);
  for (let at = size - 1; at >= 0; at--) [out[at], left] = [Number(left & 255n), left >> 8n];
  return out;
}

// Length prefixes: bytes as they are, text as UTF-8, a number as u64.
function lp(...parts) {
  return join_(...parts.map((part) => {
    const raw = part instanceof Uint8Array ? part : typeof part === "string" ? text.encode(part) : big(part, 8);
    return join_(big(raw.length, 4), raw);
  }));
}

async function hmac(key, message) {
  const imported = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, message));
}

async function hkdf(ikm, info, salt = new Uint8Array(32)) {
  const imported = await subtle.importKey("raw", ikm, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, imported, 256));
}

async function open(key, blob, additionalData) {
  check(blob[0] === 1, "version");
  const imported = await subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  const iv = blob.slice(1, 13);
  return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv, additionalData }, imported, blob.slice(13)));
}

const sha256 = async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes));

function check(right, what) {
  if (!right) throw new Error(what);
}
const same = (got, expected, what) => check(JSON.stringify(got) === JSON.stringify(expected), what);

// MessagePack, as much of it as a box or a ring may hold. Maps become {map: [[key, value], ...]}.
function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const take = (size) => ((at += size), bytes.slice(at - size, at));
  const number = (size) => {
    at += size;
    return size === 8 ? view.getBigUint64(at - 8) : BigInt([0, view.getUint8, view.getUint16, 0, view.getUint32][size].call(view, at - size));
  };
  const signed = (size) => BigInt.asIntN(size * 8, number(size));
  const plain = (value) => (value > -(2n ** 53n) && value < 2n ** 53n ? Number(value) : { int: String(value) });
  const utf8 = (size) => new TextDecoder("utf-8", { fatal: true }).decode(take(Number(size)));
  const list = (size) => Array.from({ length: Number(size) }, item);
  const map = (size) => ({ map: Array.from({ length: Number(size) }, () => [item(), item()]) });
  function item() {
    const head = bytes[at++];
    if (head <= 0x7f) return head;
    if (head <= 0x8f) return map(head & 15);
    if (head <= 0x9f) return list(head & 15);
    if (head <= 0xbf) return utf8(head & 31);
    if (head >= 0xe0) return head - 256;
    const rest = {
      0xc0: () => null, 0xc2: () => false, 0xc3: () => true,
      0xc4: () => hex(take(Number(number(1)))), 0xc5: () => hex(take(Number(number(2)))),
      0xcc: () => plain(number(1)), 0xcd: () => plain(number(2)), 0xce: () => plain(number(4)), 0xcf: () => plain(number(8)),
      0xd0: () => plain(signed(1)), 0xd1: () => plain(signed(2)), 0xd2: () => plain(signed(4)), 0xd3: () => plain(signed(8)),
      0xd9: () => utf8(number(1)), 0xda: () => utf8(number(2)), 0xdb: () => utf8(number(4)),
      0xdc: () => list(number(2)), 0xdd: () => list(number(4)), 0xde: () => map(number(2)), 0xdf: () => map(number(4)),
    }[head];
    check(rest, "no floats, no extension types");
    return rest();
  }
  const value = item();
  check(at === bytes.length, "nothing behind the value");
  return value;
}

function fields(plaintext) {
  check(plaintext.length % 16 === 0, "blocks of 16");
  let end = plaintext.length - 1;
  while (plaintext[end] === 0) end--;
  check(plaintext[end] === 0x80, "padding");
  const { map } = unpack(plaintext.slice(0, end));
  map.forEach(([key], at) => check(at === 0 || map[at - 1][0] < key, "keys ascend"));
  return map;
}

// RFC 8785: JavaScript's own order of keys and its own JSON are the standard's definition.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

async function mth(leaves) {
  if (leaves.length === 0) return sha256(new Uint8Array());
  if (leaves.length === 1) return sha256(join_([0], leaves[0]));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(join_([1], await mth(leaves.slice(0, split)), await mth(leaves.slice(split))));
}

async function openNote(note, vkey) {
  const [, name, id, key] = vkey.match(/^([^+]+)\+([0-9a-f]{8})\+(.+)$/); // base64 may hold a plus of its own
  const raw = unbase64(key);
  check(raw[0] === 1 && hex((await sha256(join_(text.encode(`${name}\n`), raw))).slice(0, 4)) === id, "key id");
  const end = note.lastIndexOf("\n\n");
  const [, signer, encoded] = note.slice(end + 2).match(/^\u2014 (\S+) (\S+)\n$/u);
  const signature = unbase64(encoded);
  check(signer === name && hex(signature.slice(0, 4)) === id, "signer");
  const body = note.slice(0, end + 1);
  const imported = await subtle.importKey("raw", raw.slice(1), { name: "Ed25519" }, false, ["verify"]);
  check(await subtle.verify({ name: "Ed25519" }, imported, signature.slice(4), text.encode(body)), "signature");
  return body.split("\n");
}

async function box(house, it) {
  const place = [house, unhex(it.person), it.compartment, it.epoch];
  const key = await hkdf(unhex(it.person_key), lp("lockhouse/box/1", ...place), unhex(it.epoch_key));
  same(hex(key), it.box_key, "box key");
  const aad = lp(Uint8Array.of(1), house, unhex(it.record), unhex(it.person), it.compartment, it.epoch, unhex(it.serial), it.seal);
  const plaintext = await open(key, unhex(it.blob), aad);
  same(hex(plaintext), it.plaintext, "plaintext");
  same(fields(plaintext), it.fields, "fields");
}

async function snapshot(house, it) {
  const [person, root] = [it.person, it.root].map(unhex);
  let chain = new Uint8Array(32);
  for (const leaf of it.leaves) chain = await sha256(join_(chain, unhex(leaf)));
  same([hex(chain), it.leaves.length], [it.root, it.covers], "root");
  const key = await hkdf(unhex(it.person_key), lp("lockhouse/box/1", house, person, it.compartment, it.epoch), unhex(it.epoch_key));
  const place = lp(Uint8Array.of(1), house, unhex(it.upto), person, it.compartment, it.epoch, unhex(it.serial), 1);
  const plaintext = await open(key, unhex(it.blob), join_(lp("lockhouse/snapshot/1", it.covers, root), place));
  same(hex(plaintext), it.plaintext, "plaintext");
  check(plaintext.length % 256 === 0, "blocks of 256");
  let end = plaintext.length - 1;
  while (plaintext[end] === 0) end--;
  check(plaintext[end] === 0x80, "padding");
  const kept = unpack(plaintext.slice(0, end)).map(([record, leaf, values]) => [record, leaf, fields(unhex(values))]);
  same(kept, it.kept, "kept");
}

function directory(it) {
  const bytes = unhex(it.directory);
  const view = new DataView(bytes.buffer);
  let at = 1 + 18 * bytes[0];
  const found = Array.from({ length: bytes[0] }, (_, row) => {
    const entry = 1 + 18 * row;
    const length = view.getUint32(entry + 14);
    const blob = hex(bytes.slice(at, (at += length)));
    return [view.getUint16(entry), view.getUint16(entry + 2), hex(bytes.slice(entry + 4, entry + 12)), view.getUint16(entry + 12), blob];
  });
  check(at === bytes.length, "nothing behind the boxes");
  same(found, it.boxes.map((one) => [one.compartment, one.epoch, one.serial, one.seal, one.blob]), "directory");
}

async function ring(house, it) {
  const person = unhex(it.person);
  const key = await hkdf(unhex(it.kek), lp("lockhouse/wrap/1", house, it.generation, person.slice(15)));
  same(hex(key), it.wrap_key, "wrap key");
  const aad = lp("lockhouse/ring/1", house, person, it.generation, it.version);
  const [first, listed] = unpack(await open(key, unhex(it.blob), aad));
  const isMinted = typeof listed[0] === "number";
  same(isMinted ? first : "", it.seed, "seed");
  same(isMinted ? await minted(unhex(first), listed) : [first, listed], [it.ref_key, it.keys], "ring");
  same(hex((await hmac(unhex(it.ref_key), lp("lockhouse/ref/1", house))).slice(0, 16)), it.ref, "ref");
}

// The keys that a seed stands for: cut from the key stream of AES-256-GCM.
async function minted(seed, compartments) {
  const imported = await subtle.importKey("raw", seed, "AES-GCM", false, ["encrypt"]);
  const zeros = new Uint8Array(32 + 40 * compartments.length);
  const stream = hex(new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, imported, zeros)));
  const cut = (at, size) => stream.slice(2 * at, 2 * (at + size));
  return [cut(0, 32), compartments.map((one, row) => [one, cut(32 + 40 * row, 8), cut(40 + 40 * row, 32)])];
}

async function wrapped(house, it) {
  if (it.purpose === "epoch") same(hex(lp(it.compartment, it.epoch, unhex(it.serial))), it.name, "name");
  const key = await hkdf(unhex(it.kek), lp("lockhouse/key/1", house, it.generation, it.purpose));
  const aad = lp("lockhouse/key/1", house, it.purpose, unhex(it.name), it.generation, it.version);
  same(hex(await open(key, unhex(it.blob), aad)), it.plaintext, "wrapped key");
}

async function tag(key, it) {
  const house = unhex(it.house);
  const whole = (await hmac(key, lp(house, it.kind, it.norm, it.value))).slice(0, 16);
  same(hex(whole), it.tag, "tag");
  same(hex([whole[0], whole[1] & 0xf8]), it.truncated_13, "truncated tag");
  const suppression = await hmac(key, lp("lockhouse/suppression/1", house, it.kind, it.norm, it.value));
  same(hex(suppression.slice(0, 16)), it.suppression, "suppression tag");
}

async function otherTags(key, { credential, message, row, bound_row: bound }) {
  same(hex(await hmac(key, lp("lockhouse/credential/1", credential.text))), credential.hash, "credential");
  const received = await hmac(key, lp("lockhouse/receipt/1", message.class, message.text));
  same(hex(received.slice(0, 16)), message.tag, "message tag");
  const place = [unhex(row.key), unhex(row.content), unhex(row.position)];
  same(hex(await hmac(key, lp("lockhouse/row/1", row.table, ...place))), row.mac, "row mac");
  const begun = lp("lockhouse/row/2", bound.table);
  const whole = await hmac(key, new Uint8Array([...begun, ...unhex(bound.content)]));
  same(hex(whole.slice(0, 16)), bound.mac, "bound row mac");
}

// Of these logins lower case is all that folding does.
const folded_ = (login) => login.normalize("NFKC").trim().toLowerCase();

async function staffKey(vectors, use) {
  return hkdf(unhex(vectors.integrity), lp("lockhouse/staff/1", unhex(vectors.house), use));
}

async function staffTag(vectors, kind, content, expected) {
  const tag = await hmac(await staffKey(vectors, "index"), lp("lockhouse/staff/tag/1", kind, content));
  same(hex(tag), expected, "tag");
}

async function staffChallenge(vectors, it) {
  const message = lp("lockhouse/staff/challenge/1", it.ceremony, unhex(it.bound));
  same(hex(await hmac(await staffKey(vectors, "index"), message)), it.challenge, "challenge");
}

async function staffBox(vectors, it) {
  const place = lp(it.table, unhex(it.key), it.column);
  const plain = await open(await staffKey(vectors, "box"), unhex(it.blob), place);
  if (it.plain !== undefined) return same(hex(plain), it.plain, "plain");
  check(plain.length >= 128, "128 bytes at least");
  same(fields(plain), it.fields, "fields");
}

async function checkpoint(vectors, it) {
  const root = await mth(vectors.entries.slice(0, it.size).map((entry) => text.encode(entry)));
  same(hex(root), it.root, "root");
  const [origin, size, encoded] = await openNote(it.text, vectors.vkey);
  same([origin, size, hex(unbase64(encoded))], [vectors.origin, String(it.size), it.root], "checkpoint");
}

async function proof(vectors) {
  const [head, ...rest] = vectors.proof.split("\n\n");
  const [header, number, ...path] = head.split("\n");
  same(header, "c2sp.org/tlog-proof@v1", "header");
  const [, size, encoded] = await openNote(rest.join("\n\n"), vectors.vkey);
  let [at, last] = [Number(number.slice("index ".length)), Number(size) - 1];
  let node = await sha256(join_([0], text.encode(vectors.entries[at])));
  for (const sibling of path.map(unbase64)) { // RFC 9162 §2.1.3.2
    check(last > 0, "proof too long");
    if (at % 2 === 1 || at === last) {
      node = await sha256(join_([1], sibling, node));
      while (at > 0 && at % 2 === 0) [at, last] = [at >> 1, last >> 1];
    } else node = await sha256(join_([1], node, sibling));
    [at, last] = [at >> 1, last >> 1];
  }
  check(last === 0, "proof too short");
  same(hex(node), hex(unbase64(encoded)), "inclusion");
}

async function consistency(vectors) {
  const { size1, size2, hashes } = vectors.consistency;
  const roots = [size1, size2].map((size) => vectors.checkpoints.find((one) => one.size === size).root);
  let [at, last] = [size1 - 1, size2 - 1];
  while (at % 2 === 1) [at, last] = [at >> 1, last >> 1];
  const path = hashes.map(unhex); // RFC 9162 §2.1.4.2; size1 is no power of two here
  let [older, newer] = [path[0], path[0]];
  for (const sibling of path.slice(1)) {
    if (at % 2 === 1 || at === last) {
      older = await sha256(join_([1], sibling, older));
      newer = await sha256(join_([1], sibling, newer));
      while (at > 0 && at % 2 === 0) [at, last] = [at >> 1, last >> 1];
    } else newer = await sha256(join_([1], newer, sibling));
    [at, last] = [at >> 1, last >> 1];
  }
  check(last === 0, "proof too short");
  same([hex(older), hex(newer)], roots, "consistency");
}

const part = ({ hex: bytes, str, int }) => (bytes !== undefined ? unhex(bytes) : str !== undefined ? str : BigInt(int));

const read = (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
const [boxes, rings, tags, log, forms, folded, staff] =
  ["box", "ring", "blind-index", "checkpoint", "canonical", "snapshot", "staff"].map(read);
const key = unhex(tags.key);
const tasks = [
  ...boxes.boxes.map((it) => [`box ${it.name}`, () => box(unhex(boxes.house), it)]),
  ["box directory", () => directory(boxes)],
  ...folded.snapshots.map((it, at) => [`snapshot ${at}`, () => snapshot(unhex(folded.house), it)]),
  ...rings.rings.map((it) => [`ring ${it.name}`, () => ring(unhex(rings.house), it)]),
  ...rings.keys.map((it) => [`key ${it.purpose}`, () => wrapped(unhex(rings.house), it)]),
  ...tags.tags.map((it, at) => [`tag ${at}`, () => tag(key, it)]),
  ["other tags", () => otherTags(key, tags)],
  ...staff.logins.map((it, at) => [`login ${at}`, () => staffTag(staff, "login", folded_(it.text), it.tag)]),
  ...staff.tags.map((it, at) => [`staff tag ${at}`, () => staffTag(staff, it.kind, it.text, it.tag)]),
  ...staff.challenges.map((it, at) => [`challenge ${at}`, () => staffChallenge(staff, it)]),
  ...[...staff.boxes, ...staff.secrets].map((it, at) => [`staff box ${at}`, () => staffBox(staff, it)]),
  ...log.checkpoints.map((it) => [`checkpoint ${it.size}`, () => checkpoint(log, it)]),
  ["proof", () => proof(log)],
  ["consistency", () => consistency(log)],
  ...forms.lp.map((it, at) => [`lp ${at}`, () => same(hex(lp(...it.parts.map(part))), it.bytes, "lp")]),
  ...forms.json.map((it, at) => [`json ${at}`, () => same(hex(text.encode(canonical(it.value))), it.bytes, "json")]),
  ...forms.fields.map((it, at) => [`fields ${at}`, () => same(fields(unhex(it.bytes)), it.fields, "fields")]),
];
let failed = 0;
for (const [name, run] of tasks) {
  try {
    await run();
  } catch (error) {
    failed++;
    console.log(`failed: ${name}: ${error.message || error.name}`);
  }
}
console.log(`${tasks.length - failed} opened, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
