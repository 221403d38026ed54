async (root, data) => {
if (root.dataset.ready) return;
const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
const D = JSON.parse(await new Response(stream).text()), Q = D.questions, T = D.words;
const words = (name, places = {}) => T[name].replace(/{(\w+)}/g, (_, place) => places[place]);
const make = (tag, kind, ...parts) => {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  node.append(...parts);
  return node;
};
const button = (text, act, kind) => {
  const node = make("button", kind, text);
  node.type = "button";
  node.onclick = act;
  return node;
};
const svg = (...texts) => {
  const box = document.createElement("template");
  box.innerHTML = texts.join("");
  return box.content;
};
root.classList.toggle("slide", root.classList.contains("slide") || !!root.closest(".reveal .slides"));
let at = 0, tries = {}, missed = false, done = false, score = 0, over = 0, whose = "A", fields = [], chosen = {}, marks = {};

// --- what stands
const count = make("span"), points = make("span"), say = make("p", "say"), told = make("p", "td"), list = make("div", "fl"), reply = make("div", "rp");
reply.setAttribute("role", "status");
reply.setAttribute("aria-live", "polite");
const check = button(words("check"), () => compare(), "go"), reveal = button(words("show"), () => finish(true)), next = button(words("next"), () => go(at + 1), "go"), again = button(words("again"), () => { score = over = 0; go(0); });
const card = make("div", "card", make("div", "k", count, points), say, told, list, reply, make("div", "ct", check, reveal, next, again));
list.onkeydown = (event) => { if (event.key === "Enter") { event.preventDefault(); compare(); } };
const ladder = make("div", "lad"), inner = make("div", `in${D.map ? " st" : ""}`, ladder, card);
const states = {}, chips = {}, roads = {};
let chart = null;
if (D.map) {
  chart = make("div", "at", svg(D.map));
  chart.setAttribute("role", "group");
  chart.setAttribute("aria-label", words("map"));
  D.states.forEach(([name, kind]) => {
    states[name] = button(name, () => choose(name), kind);
    chart.append(states[name]);
  });
  const who = make("div", "who", make("span", "", words("whose")));
  for (const side of ["A", "B"]) {
    chips[side] = button("", () => { whose = side; show(); }, side);
    who.append(chips[side]);
  }
  who.setAttribute("role", "group");
  who.setAttribute("aria-label", words("whose"));
  inner.append(make("div", "map", who, chart));
}
root.replaceChildren(...root.querySelectorAll(".tt,.qu"), inner);

// --- answers
const read = (each, given) => {
  if (each.kind === "state") return given || null;
  if (each.kind === "flags") {
    const letters = given.toUpperCase().replace(/[\s,]/g, "");
    return letters && /^[SFRPAUECN]+$/.test(letters) ? [...new Set(letters)].filter((flag) => flag !== "P").sort().join("") : null;
  }
  const digits = given.replace(/[ ,]/g, "").trim();
  return /^\d{1,12}$/.test(digits) ? String(Number(digits)) : null;
};
const same = (each, answer) => each.kind === "flags" ? answer === [...each.right].sort().join("") : answer === each.right;
const answerOf = (each) => each.kind === "state" ? chosen[each.name] || "" : fields.find((field) => field.each === each).input.value;
const judge = (each) => {
  const answer = read(each, answerOf(each)), before = tries[each.name] || 0;
  if (answer === null) return [null, words(each.kind)];
  if (same(each, answer)) return [true, ""];
  tries[each.name] = before + 1;
  if (each.wrong[answer]) return [false, each.wrong[answer][Math.min(before, 1)]];
  const text = each.kind !== "flags" ? words("other", { value: answer }) : words(each.right.includes("A") && !answer.includes("A") ? "needs_ack" : "other_flags");
  return [false, before && each.why ? `${text} ${each.why}` : text];
};
const label = (each) => each.kind === "state" ? words("then", { side: each.name }) : each.name;
const compare = () => {
  if (done) return;
  const verdicts = Q[at].asked.map((each) => [each, ...judge(each)]);
  if (verdicts.every(([, good]) => good)) return finish(false);
  if (verdicts.some(([, good]) => good === false)) missed = true;
  reply.replaceChildren(...verdicts.map(([each, good, text]) => {
    mark(each, good);
    return make("p", good ? "sr" : "", make("b", `v ${good ? "good" : good === false ? "bad" : ""}`, `${words("is", { name: label(each), value: good === null ? "" : words(good ? "right" : "wrong") })} `), text);
  }));
  const bad = verdicts.find(([, good]) => !good);
  fields.find((field) => field.each === bad[0])?.input.select();
  show();
};
const mark = (each, good) => {
  const field = fields.find((one) => one.each === each), kind = good ? "good" : good === false ? "bad" : "";
  if (field) {
    field.box.className = kind;
    field.verdict.className = `v ${kind}`;
    field.verdict.textContent = good === null ? "" : words(good ? "right" : "wrong");
    field.input.setAttribute("aria-invalid", good === false);
    if (good) field.input.readOnly = true;
  } else {
    if (good !== null) marks[each.name] = good;
    states[chosen[each.name]]?.classList.add(good ? "ok" : "no");
    if (good === false && tries[each.name] > 1) roads[each.name] = each.road;
  }
};
const finish = (shown) => {
  const { asked } = Q[at];
  done = true;
  over++;
  if (!shown && !missed) score++;
  asked.forEach((each) => {
    if (each.kind === "state") {
      chosen[each.name] = each.right;
      marks[each.name] = true;
      states[each.right].classList.add("ok");
      roads[each.name] = each.road;
    } else {
      const field = fields.find((one) => one.each === each);
      field.input.value = each.shown;
      field.input.readOnly = true;
      if (!shown) mark(each, true);
    }
  });
  Object.values(states).forEach((node) => node.classList.remove("no"));
  const lines = asked.filter((each) => each.why).map((each) => make("p", "", make("b", "", `${label(each)}: `), each.why));
  const answers = asked.map((each) => words("is", { name: label(each), value: each.shown })).join(", ");
  const verdict = shown ? make("b", "", words("answer", { answers })) : make("b", "v good", words("right"));
  reply.replaceChildren(make("p", "", verdict), ...lines);
  if (at === Q.length - 1) reply.append(make("p", "", words("last")));
  show();
  (at < Q.length - 1 ? next : again).focus({ preventScroll: true });
};
// --- states on the map
const choose = (state) => {
  if (done) return;
  chosen[whose] = state;
  marks = {};
  Object.values(states).forEach((node) => node.classList.remove("no", "ok"));
  const open = Q[at].asked.find((each) => each.kind === "state" && each.name !== whose && !chosen[each.name]);
  if (open) whose = open.name;
  show();
};
const near = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
if (chart) chart.onkeydown = (event) => {
  const way = near[event.key];
  if (/^[abAB]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) { whose = event.key.toUpperCase(); show(); }
  if (!way || event.target.localName !== "button") return;
  event.preventDefault();
  event.stopPropagation();
  const place = (node) => [node.offsetLeft, node.offsetTop], [x, y] = place(event.target);
  const far = (node) => {
    const [dx, dy] = [place(node)[0] - x, place(node)[1] - y], on = dx * way[0] + dy * way[1], off = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
    return on > 4 && off < 2.5 * on ? on + 2 * off : 1e9;
  };
  const best = Object.values(states).filter((node) => node !== event.target).sort((a, b) => far(a) - far(b))[0];
  if (far(best) < 1e9) best.focus();
};
// --- what is shown
const show = () => {
  const question = Q[at];
  count.textContent = words("count", { place: at + 1, count: Q.length });
  points.textContent = words("score", { score, asked: over });
  ladder.replaceChildren(svg(...D.kinds.map((_, kind) => D.heads[kind] + question.ladders[kind][done ? 1 : 0])));
  ladder.querySelectorAll("svg.ld").forEach((picture) => { picture.classList.toggle("fade", +picture.getAttribute("viewBox").split(" ")[1] > 0); });
  check.disabled = reveal.disabled = done;
  next.disabled = !done || at === Q.length - 1;
  check.hidden = done;
  next.hidden = !done;
  if (!chart) return;
  chart.querySelector(".rds")?.remove();
  chart.querySelector("svg").append(svg(`<svg><g class="rds">${Object.values(roads).join("")}</g></svg>`).firstElementChild.firstElementChild);
  for (const [name, node] of Object.entries(states)) {
    const here = ["A", "B"].filter((side) => chosen[side] === name), from = question.asked.filter((each) => each.before === name).map((each) => each.name);
    for (const side of ["A", "B"]) node.classList.toggle(`t${side}`, here.includes(side));
    node.setAttribute("aria-label", here.length ? words("on_map", { state: name, sides: here.join(", ") }) : from.length && !done ? words("was_there", { state: name, sides: from.join(", ") }) : name);
    node.disabled = done;
    for (const side of ["A", "B"]) node.classList.toggle(`w${side}`, !done && question.asked.some((each) => each.name === side && each.before === name));
  }
  for (const side of ["A", "B"]) {
    const there = question.asked.some((each) => each.name === side);
    chips[side].hidden = !there;
    chips[side].setAttribute("aria-pressed", whose === side);
    chips[side].disabled = done;
    chips[side].replaceChildren(make("b", "ab", side), make("i", "", words("is", { name: words("then", { side }), value: chosen[side] || words("choose") })), make("span", `v ${marks[side] ? "good" : "bad"}`, marks[side] === undefined ? "" : marks[side] ? "✓" : "✗"));
  }
};
const go = (place) => {
  at = place;
  tries = {};
  chosen = {};
  marks = {};
  missed = done = false;
  for (const side of Object.keys(roads)) delete roads[side];
  Object.values(states).forEach((node) => node.classList.remove("ok", "no"));
  const { n, by, told: facts, asked } = Q[at], [first, second] = [make("span", by[0], by[0]), make("span", by[1], by[1])];
  const [one, two, three] = words("from", { number: n, sender: "\0", receiver: "\0" }).split("\0");
  say.replaceChildren(one, first, two, second, three);
  told.textContent = facts;
  whose = asked.find((each) => each.kind === "state")?.name || "A";
  fields = asked.filter((each) => each.kind !== "state").map((each) => {
    const input = make("input"), verdict = make("span", "v"), box = make("label", "", each.name, input, verdict);
    input.type = "text";
    input.autocomplete = "off";
    input.setAttribute("aria-label", each.name);
    if (each.kind === "number") input.inputMode = "numeric";
    return { each, input, verdict, box };
  });
  list.replaceChildren(...fields.map((field) => field.box));
  reply.replaceChildren();
  const moved = root.contains(document.activeElement);
  show();
  if (moved) (fields[0]?.input || states.ESTABLISHED || check).focus({ preventScroll: true });
};
go(0);
root.dataset.ready = "yes";
}
