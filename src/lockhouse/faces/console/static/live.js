// The live view of a channel: its newest events, asked for again every few seconds while somebody is there. What comes is
// put in as text; the list itself is silent for who does not see it, and the count speaks at most once in ten seconds.
const EVERY_MS = 3000, REST_MS = 300000, SPEAK_MS = 10000;
const list = document.querySelector("[data-live]");
const pause = document.querySelector("[data-live-pause]");
const count = document.querySelector("[data-live-count]");
let paused = false, touched = Date.now(), spoke = 0, fresh = 0;
const part = (name, kind, text) => {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.textContent = text;
  return made;
};
const row = (one) => {
  const made = document.createElement("li"), word = part("span", "", ""), shape = part("span", "shape second", "");
  const mark = part("span", `mark ${one.mark}`, "");
  mark.setAttribute("aria-hidden", "true");
  word.append(mark, one.word);
  shape.append(one.kept.map((path) => `${path} `).join(""));
  for (const lost of one.lost) {
    for (const path of lost.paths) shape.append(part("del", "", path), " ");
    shape.append(`${lost.why} `);
  }
  if (one.more) shape.append(`+${one.more} `);
  if (one.code) shape.append(`${one.code} ${one.said}`);
  made.append(part("span", "third", one.at), part("span", "", one.event), word, shape);
  return made;
};
const look = async () => {
  if (!paused && document.visibilityState === "visible") {
    if (Date.now() - touched > REST_MS) { toggle(); count.textContent = count.dataset.rests; return; }
    try {
      const answer = await fetch(list.dataset.live, { headers: { accept: "application/json" }, redirect: "error" });
      if (!answer.ok) throw new Error();
      const { rows } = await answer.json();
      const before = new Set([...list.children].map((one) => one.textContent));
      const made = rows.map(row);
      fresh += made.filter((one) => !before.has(one.textContent)).length;
      if (!paused) list.replaceChildren(...made);
      if (fresh && Date.now() - spoke > SPEAK_MS) {
        count.textContent = count.dataset.new.replace("{n}", fresh);
        spoke = Date.now();
        fresh = 0;
      }
    } catch { toggle(); }                                    // signed out, or the house is away: the page says so when read anew
  }
};
const toggle = () => {
  paused = !paused;
  touched = Date.now();
  pause.textContent = paused ? pause.dataset.go : pause.dataset.pause;
};
pause.hidden = false;
pause.addEventListener("click", toggle);
for (const kind of ["pointermove", "keydown"]) addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
setInterval(look, EVERY_MS);
