(root, D) => {
"use strict";
// Two numbers are the picture: how far down A's line and B's line the story has come.
const { S, P, Q, B, w: T } = D, N = S.length, SIDES = ["A", "B"];
const [Y, RA, RB, WHO, TIME, LIT, NUMBER, AT_A, ROAD_A, AT_B, ROAD_B, LABEL] = [...Array(12).keys()];
const [Y0, Y1, REACH, START, CROSSING, LEAVES, ENDS, BY, FLAGS, LEVEL] = [...Array(10).keys()];
const $ = (what) => root.querySelector(what), all = (what) => [...root.querySelectorAll(what)];
const clamp = (x, low, high) => Math.max(low, Math.min(high, x)), mix = (a, b, t) => a + (b - a) * t;
const round = (x) => Math.round(x * 10) / 10, ease = (t) => t < .5 ? 4 * t * t * t : 1 - (2 - 2 * t) ** 3 / 2;
const calm = () => matchMedia("(prefers-reduced-motion:reduce)").matches;
const make = (html) => { const box = document.createElement("template"); box.innerHTML = html; return box.content; };
const icon = (path) => `<svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><path d="${path}"/></svg>`;
const CLOCK = '<svg class="cl" width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><circle cx="7" cy="7" r="5.6"/><path d="M7 3.8V7l2.2 1.4"/></svg>';
const clock = (ms, whole) => whole >= 60000 ? `${Math.floor(ms / 60000)} min` : whole >= 950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`;
if (!root || !N || root.dataset.ready) return;
let k = -1, YA = 0, YB = 0, playing = 0, speed = 1, frame = 0, width = 0, printing = 0, bars = [], g = {};

const build = () => {
  const slide = root.classList.contains("slide") || !!root.closest(".reveal .slides");
  root.classList.toggle("slide", slide);
  const source = $(".ld img").getAttribute("src");
  const ladder = make(decodeURIComponent(source.slice(source.indexOf(",") + 1))).firstElementChild;
  ladder.removeAttribute("style");
  ladder.setAttribute("role", "img");
  ladder.setAttribute("aria-label", $(".ld img").alt);
  const items = all(".list > li");
  g.said = items.map((item) => item.querySelector(".sy").textContent);
  g.facts = items.map((item) => { const box = item.querySelector(".nu"); box.remove(); return box.innerHTML; });
  g.why = items.map((item) => { const box = item.querySelector("details"); box?.remove(); return box ? box.innerHTML.replace(/^<summary>.*?<\/summary>/, "") : ""; });
  const key = (name) => `<kbd>${name}</kbd>`;
  const button = (kind, words, path) => `<button type="button" class="${kind}" aria-label="${words}">${path ? icon(path) : ""}</button>`;
  const grid = make(`<div class="gr"><div class="top"><div class="bar" aria-hidden="true"><div class="co"></div></div><div class="ctl">${
    button("first", T.first, "M2 2h2v10H2zM12 2v10L5 7z")}${button("back", T.back, "M11 1.5v11L3 7z")}<button type="button" class="play"></button>${
    button("on", T.on, "M3 1.5v11L11 7z")}${button("last", T.last, "M10 2h2v10h-2zM2 2v10l7-5z")}<select class="spd" aria-label="${T.speed}"><option value=".5">½ ×</option><option value="1" selected>1 ×</option><option value="2">2 ×</option></select><span class="cnt"></span><span class="hint">${
    slide ? `${key("M")} ${T.mapkey} ${key("W")} ${T.whykey} ` : ""}<span class="ls">${key("←")} ${key("→")} ${T.step} ${key("Space")} ${T.start} ${T.hint}</span></span></div></div>
    <div class="rail"><div class="card"><div class="k"><span class="k1"></span><span class="k2"></span></div><p class="say" role="status" aria-live="polite"></p><div class="nu"></div><details><summary>${T.why}</summary><div class="wy"></div></details></div>
    <div class="map"><p class="cap">${T.map}</p><svg role="img" aria-label="${T.map}" viewBox="0 0 ${D.M[0]} ${D.M[1]}">${D.M[2]}${D.M[3].map(([x, y, phase, name]) => `<g class="pl"><rect class="p${phase}" x="${x - 66}" y="${y - 15}" width="132" height="30" rx="8"/><text x="${x}" y="${y + 4.4}">${name}</text></g>`).join("")}<g class="lb"><rect rx="7"/><text></text></g></svg></div></div></div>`).firstElementChild;
  const pane = $(".ld"), legend = $(".lg");
  pane.before(grid);
  const box = make('<div><svg class="tcp-ladder hx" height="34" aria-hidden="true"></svg><div class="sc"></div></div>').firstElementChild;
  box.firstElementChild.append(ladder.querySelector(".hd"));
  box.lastElementChild.append(ladder);
  pane.replaceChildren(...box.children);
  grid.append(pane);
  pane.append(legend);
  if (!D.M[3].length) $(".map").hidden = true;
  Object.assign(g, { grid, ladder, pane, scroll: pane.querySelector(".sc"), top: pane.querySelector(".hx"), slide, map: $(".map svg"), bar: $(".bar") });
  prepare();
  tiles();
  root.classList.add("live");
  root.dataset.ready = "yes";
  listen();
  buttons();
  new ResizeObserver(fit).observe(root);
  fit();
};

// The ladder's parts, each once faint and once lit.
const prepare = () => {
  const { ladder } = g;
  const svg = (html) => make(`<svg>${html}</svg>`).firstElementChild.firstElementChild;
  const number = (element, name) => +element.getAttribute(name);
  g.bands = SIDES.map((side) => {
    const faint = ladder.querySelector(`.bd.${side}`), full = svg('<svg class="full"></svg>');
    full.append(faint.cloneNode(true));
    faint.after(full);
    faint.classList.add("gh");
    const shapes = [...faint.children, ...full.firstElementChild.children].map((shape) => shape.localName === "rect"
      ? [shape, number(shape, "y"), number(shape, "height")] : [shape, shape.getAttribute("d").match(/[-.\d]+/g).map(Number)]);
    return { full, sides: [faint, full.firstElementChild], shapes };
  });
  g.arrows = [...ladder.querySelectorAll(".pk")].map((group, place) => {
    const wire = group.querySelector(".w"), head = group.querySelector(".h,.x"), hit = svg('<path class="hit"/>');
    const line = wire.cloneNode(), tip = head?.cloneNode();
    wire.classList.add("gh");
    head?.classList.add("gh");
    group.dataset.p = place;
    group.prepend(hit);
    group.insertBefore(line, group.querySelector(".q,.t"));
    if (tip) group.insertBefore(tip, group.querySelector(".q,.t"));
    line.classList.add("ln");
    const fly = svg(`<g class="fly"><g class="pill"><rect rx="13" height="26" y="-13"/><text y="5">${P[place][FLAGS]}</text></g><circle r="6.5"/></g>`);
    fly.classList.add(P[place][BY], ...(group.classList.contains("fg") ? ["fg"] : []));
    return { group, wire, line, heads: [head, tip], hit, fly, words: group.querySelector(".t"), mark: group.querySelector(".q"), was: null };
  });
  g.events = [...ladder.querySelectorAll(".ev")].map((group, place) => {
    group.dataset.k = place;
    return { group, sides: [...group.querySelectorAll(".s")], time: group.querySelector(".tm"), at: group.querySelector(".tm") && number(group.querySelector(".tm"), "y") - S[place][Y] };
  });
  const boxes = [...ladder.querySelectorAll(".bx")];
  const many = B.filter((tile) => tile[0] === "bk");
  g.boxes = boxes.map((group, place) => {
    const quiet = Q[place], scene = quiet ? quiet[0] : many[place - Q.length][1];
    const frame = group.querySelector(".fr"), top = number(frame, "y"), high = number(frame, "height");
    group.dataset.k = scene;
    const inner = group.querySelector(".in"), hand = group.querySelector(".ck path");
    return { group, scene, wait: quiet?.[3], top, high, frame, inner, clock: group.querySelector(".ck"), hand, back: number(inner, "width"),
      count: group.querySelector(".n1"), words: group.querySelector(".n1").textContent, lines: [...group.querySelectorAll("text")] };
  });
  const now = svg('<rect class="nr0" height="36" rx="9"/>'), ring = svg('<circle class="ring" r="13"/>');
  ladder.querySelector(".bg").after(now);
  ladder.append(...g.arrows.map((arrow) => arrow.fly), ring);
  Object.assign(g, { now, ring, heads: [...g.top.querySelectorAll(".hd > g")] });
  g.roads = [...g.map.querySelectorAll(".rd")];
  g.used = g.roads.map(() => []);
  g.loops = g.roads.map(() => 0);
  S.forEach((scene, place) => [ROAD_A, ROAD_B].forEach((road) => { if (scene[road] >= 0) g.used[scene[road]].push(place); }));
  g.nodes = [...g.map.querySelectorAll(".pl")];
  g.tokens = SIDES.map((side) => [0, 1, 2].map(() => {
    const token = svg(`<g class="tok ${side}"><circle r="12.5"/><text y="5">${side}</text></g>`);
    g.map.append(token);
    return token;
  }));
};

const tiles = () => {
  $(".co").innerHTML = B.map(([kind, scene, words, side]) => {
    if (kind === "gp") return '<div class="gp"></div>';
    const own = side ? ` ${side}` : "";
    const text = kind === "sl" ? `${CLOCK}<b>${words}</b>` : `${side === "B" ? "<i>←</i>" : ""}<span>${words}</span>${side === "A" ? "<i>→</i>" : ""}`;
    return `<div class="ti ${kind}${own}" data-k="${scene}">${text}</div>`;
  }).join("") + '<div class="th"></div>';
  g.tiles = all(".ti");
  g.thumb = $(".th");
  const real = B.filter((tile) => tile[0] !== "gp");
  g.tileOf = real;
};

// Where everything stands at this width.
const fit = () => {
  const wide = root.clientWidth;
  if (!wide || wide === width) return;
  width = wide;
  const { ladder } = g, W = Math.max(280, g.scroll.clientWidth || 600), narrow = W < 500;
  ladder.classList.toggle("nw", narrow);
  const f = narrow ? Math.max(.85, Math.min(1, 1.1 / D.k)) : 1, high = D.h * f;
  const half = narrow ? 9 : 11, pad = narrow ? 8 : 10, times = narrow ? 0 : 62;
  const room = SIDES.map((side) => Math.min(W * .3, Math.max(0, ...[...ladder.querySelectorAll(`.s.${side} > .l`)].map((text) => text.getBBox().width))));
  const xs = [times + room[0] + pad + half, W - room[1] - pad - half], left = xs[0] + half, right = xs[1] - half, wire = right - left;
  const y = (value) => round(value * f);
  ladder.setAttribute("width", W);
  ladder.setAttribute("height", round(high));
  ladder.setAttribute("viewBox", `0 0 ${W} ${round(high)}`);
  ladder.querySelector(".bg").setAttribute("d", `M0 0H${W}V${high}H0z`);
  g.top.classList.toggle("nw", narrow);
  g.top.setAttribute("width", W);
  g.top.setAttribute("viewBox", `0 -34 ${W} 34`);
  g.now.setAttribute("width", W);
  const sizes = g.heads.map((head) => head.lastElementChild.getBBox().width + 17);
  const second = clamp(xs[1], 14, W - sizes[1]), first = clamp(xs[0], 11, Math.max(11, second - 17 - sizes[0]));
  g.heads.forEach((head, side) => head.setAttribute("transform", `translate(${round((side ? second : first) - head.firstElementChild.getAttribute("cx"))} 0)`));
  g.bands.forEach(({ full, sides, shapes }, side) => {
    full.setAttribute("width", W);
    sides.forEach((each) => each.setAttribute("transform", `translate(${round(xs[side])} 0)`));
    shapes.forEach(([shape, a, b]) => {
      if (Array.isArray(a)) return shape.setAttribute("d", `M-4 ${y(a[1])}V${y(a[2])}M4 ${y(a[4])}V${y(a[5])}`);
      Object.entries({ x: -half, width: 2 * half, y: y(a), height: y(b) }).forEach((pair) => shape.setAttribute(...pair));
    });
  });
  g.events.forEach(({ sides, time, at }, place) => {
    sides.forEach((side) => side.setAttribute("transform", `translate(${round(xs[+side.classList.contains("B")])} ${y(S[place][Y])})`));
    time?.setAttribute("y", round(y(S[place][Y]) + at));
  });
  g.boxes.forEach((box) => {
    const top = y(box.top), tall = y(box.high), centre = (left + right) / 2, middle = top + tall / 2;
    Object.entries({ x: left + 5, width: Math.max(wire - 10, 10), y: top, height: tall }).forEach((pair) => box.frame.setAttribute(...pair));
    const size = Math.min(box.back, wire - 10);
    Object.entries({ x: centre - size / 2, width: size, y: middle - 22 }).forEach((pair) => box.inner.setAttribute(...pair));
    const [first, second] = box.lines;
    first.setAttribute("x", centre + (box.clock ? 10 : 0));
    first.setAttribute("y", middle - 3);
    second.setAttribute("x", centre);
    second.setAttribute("y", middle + 15);
    box.clock?.setAttribute("transform", `translate(${round(centre - first.getBBox().width / 2 - 4)} ${middle - 9})`);
  });
  P.forEach((packet, place) => {
    const arrow = g.arrows[place], ahead = packet[BY] === "A", from = ahead ? left : right, to = ahead ? right : left;
    const sx = mix(from, to, packet[START]), y0 = y(packet[Y0]), y1 = y(packet[Y1]), dx = to - sx, dy = y1 - y0;
    const ex = sx + dx * packet[REACH], ey = y0 + dy * packet[REACH], size = Math.hypot(dx, dy), ux = dx / size, uy = dy / size;
    Object.assign(arrow, { sx, y0, dx, dy, was: null });
    arrow.wire.setAttribute("d", `M${round(sx)} ${y0}L${round(ex)} ${round(ey)}`);
    arrow.hit.setAttribute("d", `M${round(sx)} ${y0}L${round(to)} ${y1}`);
    const cross = packet[REACH] < 1 && packet[REACH] > .5;
    const tip = cross ? `M${round(ex - 7)} ${round(ey - 7)}l14 14m0-14l-14 14` : `M${round(to)} ${y1}l${round(-ux * 11 - uy * 5)} ${round(-uy * 11 + ux * 5)}l${round(uy * 10)} ${round(-ux * 10)}z`;
    arrow.heads.forEach((head) => head?.setAttribute("d", tip));
    arrow.mark?.setAttribute("transform", `translate(${round(sx)} ${y0})`);
    const turn = Math.atan(dy / dx) * 180 / Math.PI, lines = arrow.words.children;
    const numbers = wire * (packet[CROSSING] ? .48 : .9) > lines[1].getBBox().width + 16;
    const along = packet[CROSSING] > 1 ? .74 : packet[CROSSING] ? .27 : packet[REACH] < 1 ? (wire > 230 ? .33 : .36) : .43;
    lines[1].style.display = numbers ? "" : "none";
    const low = wire < 200 && (packet[REACH] < 1 || packet[CROSSING] === 1);
    lines[0].setAttribute("y", low ? 17 : -6);
    lines[1].setAttribute("y", low ? 31 : narrow ? 14.5 : 15.5);
    // Words longer than the wire are moved to its middle.
    const long = packet[START] || lines[0].getBBox().width > 2 * Math.min(along, 1 - along) * wire;
    const spot = long ? .5 : along;
    arrow.words.setAttribute("transform", `translate(${round(sx + dx * spot)} ${round(y0 + dy * spot)}) rotate(${round(turn)})`);
    const pill = arrow.fly.querySelector("text").getBBox().width || 40, back = arrow.fly.querySelector("rect");
    back.setAttribute("width", pill + 18);
    back.setAttribute("x", -(pill + 18) / 2);
  });
  Object.assign(g, { xs, f, high });
  g.rest = S.map((scene) => [scene[RA] * f, scene[RB] * f]);
  // The card is as high as the sentence that needs most room, so that nothing jumps.
  const say = $(".say"), long = [...g.said].sort((a, b) => b.length - a.length).slice(0, 12);
  say.style.minHeight = "";
  const most = Math.max(...long.map((words) => { say.textContent = words; return say.offsetHeight + 1; }));
  say.textContent = "";
  say.style.minHeight = `${most}px`;
  const facts = $(".card .nu");
  facts.style.minHeight = "";
  const need = [...new Set([...g.facts].sort((a, b) => b.length - a.length).slice(0, 8))];
  const tall = Math.max(...need.map((html) => { facts.innerHTML = html; return facts.offsetHeight + 1; }));
  facts.style.minHeight = `${tall}px`;
  measureBar();
  [YA, YB] = k < 0 ? [g.high, g.high] : g.rest[k];
  go(k, { at: true, from: k });
  stick();
};
const stick = () => {
  const high = $(".top").offsetHeight;
  root.style.setProperty("--top", `${high}px`);
  root.style.setProperty("--card", `${high + $(".card").offsetHeight}px`);
};
const measureBar = () => {
  const box = g.tiles.map((tile) => [tile.offsetLeft, tile.offsetLeft + tile.offsetWidth]);
  let last = 4;
  bars = S.map((_, scene) => {
    let x = last + 4;
    g.tileOf.forEach(([kind, goal, , , packet], place) => {
      const [start, stop] = box[place], arrow = P[packet];
      if (!arrow) { if (goal === scene) x = Math.max(x, stop - 3); return; }
      if (arrow[REACH] < 1 && arrow[LEAVES] === scene) x = Math.max(x, mix(start, stop, .9));
      else if (goal === scene) x = Math.max(x, stop - 2);
      else if (arrow[LEAVES] === scene && x <= last + 4) x = Math.max(last + 4, start + 6);
    });
    last = x;
    return x;
  });
};

// The picture at any moment between two steps.
const paint = (moving) => {
  g.bands.forEach(({ full }, side) => full.setAttribute("height", Math.max(0, round((side ? YB : YA) + 5))));
  const now = Math.max(YA, YB);
  P.forEach((packet, place) => {
    const arrow = g.arrows[place], mine = packet[BY] === "A" ? YA : YB, other = packet[BY] === "A" ? YB : YA;
    const start = packet[LEVEL] ? arrow.y0 - 30 * g.f : arrow.y0, span = packet[LEVEL] ? 30 * g.f : arrow.dy;
    const raw = ((packet[REACH] < 1 ? now : other) - start) / span;
    const sent = packet[START] || packet[LEVEL] ? raw > 0 : mine >= start - 1;
    const part = sent ? clamp(Math.max(raw, .04), 0, packet[REACH]) : 0;
    if (part === arrow.was) return;
    arrow.was = part;
    const done = part >= packet[REACH] - .001, x = arrow.sx + arrow.dx * part, y = arrow.y0 + arrow.dy * part;
    arrow.line.setAttribute("d", part ? `M${round(arrow.sx)} ${round(arrow.y0)}L${round(x)} ${round(y)}` : "M0 0");
    if (arrow.heads[1]) arrow.heads[1].style.display = part && done ? "" : "none";
    arrow.words.classList.toggle("fut", !part);
    arrow.mark?.classList.toggle("fut", !part);
    arrow.fly.style.display = part && (!done || packet[REACH] === .5) ? "" : "none";
    arrow.fly.setAttribute("transform", `translate(${round(x)} ${round(y)})`);
  });
  g.boxes.forEach((box) => {
    const top = box.top * g.f, part = clamp((now - top) / (box.high * g.f), 0, 1);
    box.group.style.opacity = mix(.3, 1, Math.min(1, part * 3));
    if (!box.clock) return;
    const going = moving && part > 0 && part < 1;
    box.count.textContent = going ? clock(box.wait * part, box.wait) : box.words;
    box.hand.setAttribute("transform", going ? `rotate(${round(part * 360)})` : "");
  });
};
const nodesAt = (scene, side) => scene < 0 ? D.M[4 + side] : S[scene][side ? AT_B : AT_A];
const spot = (node, side) => { const [x, y] = D.M[3][node]; return [x + (side ? 66 : -66), y]; };
const tokens = (from, to, part) => { if (to < 0) [from, to] = [N - 1, N - 1]; SIDES.forEach((_, side) => {
  const before = nodesAt(from, side), after = nodesAt(to, side), road = to === from + 1 ? S[to][side ? ROAD_B : ROAD_A] : -1;
  g.tokens[side].forEach((token, place) => {
    const goal = after[place];
    token.style.display = goal === undefined ? "none" : "";
    if (goal === undefined) return;
    token.classList.toggle("un", after.length > 1);
    const b = spot(goal, side), a = before.length === 1 && !place ? spot(before[0], side) : b;
    let [x, y] = [mix(a[0], b[0], part), mix(a[1], b[1], part)];
    if (road >= 0 && part > 0 && part < 1 && !place) {
      const path = g.roads[road].firstElementChild, at = path.getPointAtLength(path.getTotalLength() * part);
      const off = Math.sin(part * Math.PI);
      [x, y] = [mix(x, at.x, off), mix(y, at.y, off)];
    }
    token.setAttribute("transform", `translate(${round(x)} ${round(y)})`);
  });
}); };

const lights = () => {
  const scene = S[k] ?? S[N - 1], lit = new Set(k < 0 ? [] : scene[LIT]), end = k < 0 ? N - 1 : k;
  g.arrows.forEach(({ group }, place) => group.classList.toggle("now", lit.has(place)));
  g.events.forEach(({ group }, place) => group.classList.toggle("fut", place > end));
  g.tiles.forEach((tile, place) => {
    const [kind, goal, , , packet] = g.tileOf[place], arrow = P[packet];
    tile.classList.toggle("fut", arrow ? arrow[LEAVES] > end : goal > end);
    tile.classList.toggle("now", arrow ? lit.has(packet) && (arrow[ENDS] === k || !scene[LIT].some((each) => P[each][ENDS] === k)) : k >= 0 && goal === k && !scene[LIT].length);
  });
  const took = k < 0 ? [-1, -1] : [scene[ROAD_A], scene[ROAD_B]];
  g.roads.forEach((road, place) => {
    road.classList.toggle("now", took.includes(place));
    road.classList.toggle("fut", !(g.used[place][0] <= end));
  });
  const seen = new Set();
  for (let place = -1; place <= end; place++) [0, 1].forEach((side) => nodesAt(place, side).forEach((node) => seen.add(node)));
  const here = new Set([...nodesAt(end, 0), ...nodesAt(end, 1)]);
  g.nodes.forEach((node, place) => { node.classList.toggle("fut", !seen.has(place)); node.classList.toggle("now", here.has(place)); });
  sign(took[scene[WHO] === "A" ? 0 : 1] >= 0 ? took[scene[WHO] === "A" ? 0 : 1] : Math.max(...took));
};
// What stands beside the road that is walked now: in the strip between two rows of states.
const sign = (road) => {
  const box = g.map.querySelector(".lb"), words = S[k]?.[LABEL];
  box.style.display = road >= 0 && words ? "" : "none";
  if (road < 0 || !words) return;
  const side = g.roads[road].classList.contains("B") ? 1 : 0, away = side ? 1 : -1, text = box.lastElementChild, back = box.firstElementChild;
  const after = spot(nodesAt(k, side)[0], side), same = nodesAt(k - 1, side)[0] === nodesAt(k, side)[0];
  const path = g.roads[road].firstElementChild, at = path.getPointAtLength(path.getTotalLength() / 2);
  box.setAttribute("class", `lb ${SIDES[side]}`);
  text.textContent = words;
  const wide = Math.min(text.getBBox().width + 16, D.M[0] - 4), middle = D.M[0] / 2;
  let x = at.x, y = at.y;
  if (same) [x, y] = [after[0] - away * 66, after[1] + 28];
  else x += (Math.abs(at.x - middle) < 60 ? away : at.x < middle ? 1 : -1) * (wide / 2 + 12);
  x = clamp(x, wide / 2 + 2, D.M[0] - wide / 2 - 2);
  box.setAttribute("transform", `translate(${round(x)} ${round(y)})`);
  Object.entries({ x: -wide / 2, width: wide, y: -11, height: 22 }).forEach((pair) => back.setAttribute(...pair));
  text.setAttribute("y", 4.4);
};

const go = (goal, { at = false, from = k, then } = {}) => {
  k = clamp(goal, -1, N - 1);
  cancelAnimationFrame(frame);
  const whole = k < 0, scene = S[whole ? N - 1 : k], near = k === from + 1 && !whole && from >= 0, say = $(".say"), most = S[N - 1][NUMBER];
  const said = whole ? D.o : g.said[k];
  $(".k1").textContent = whole ? T.whole : T.now.replace("{k}", scene[NUMBER]).replace("{n}", most);
  $(".k2").textContent = scene[TIME];
  $(".cnt").textContent = whole ? `– / ${most}` : `${scene[NUMBER]} / ${most}`;
  if (say.textContent !== said) say.textContent = said;
  $(".card .nu").innerHTML = whole ? "" : g.facts[k];
  $(".wy").innerHTML = whole ? "" : g.why[k];
  root.classList.toggle("whole", whole);
  const focus = document.activeElement;
  [[".back", k < 0], [".first", !k], [".on,.last", k === N - 1]].forEach(([names, off]) => all(names).forEach((each) => { each.disabled = off; }));
  if (focus?.disabled && root.contains(focus)) root.focus({ preventScroll: true });
  lights();
  g.ring.setAttribute("cx", g.xs[scene[WHO] === "A" ? 0 : 1]);
  g.ring.setAttribute("cy", scene[Y] * g.f);
  g.ring.setAttribute("class", `ring ${scene[WHO]}`);
  const [goalA, goalB] = whole ? [g.high, g.high] : g.rest[k], a = YA, b = YB, x = bars[from] ?? 0, goalX = whole ? bars[N - 1] : bars[k], y = +(g.now.getAttribute("y") ?? -18) + 18;
  const down = scene[Y] * g.f, scroll = g.scroll, top = scroll.scrollTop, aim = whole ? 0 : clamp(down - scroll.clientHeight * .42, 0, 1e9);
  const rest = (part) => {
    g.thumb.style.left = `${round(mix(x, goalX, part))}px`;
    g.now.setAttribute("y", round(mix(y, down, part) - 18));
    if (scroll.scrollHeight > scroll.clientHeight + 4) scroll.scrollTop = mix(top, aim, part);
  };
  const bar = g.bar;
  if (bar.scrollWidth > bar.clientWidth) bar.scrollTo({ left: (whole ? 0 : bars[k]) - bar.clientWidth / 2, behavior: at || calm() ? "auto" : "smooth" });
  const done = () => {
    root.classList.remove("moving");
    YA = printing ? g.high : goalA;
    YB = printing ? g.high : goalB;
    paint(false);
    rest(1);
    tokens(k, k, 1);
    g.ring.style.opacity = 1;
    then?.();
  };
  if (at || calm()) {
    done();
    if (!at) { const card = $(".card"); card.classList.remove("flash"); void card.offsetWidth; card.classList.add("flash"); }
    return;
  }
  const silent = near && Q.some((quiet) => quiet[0] === k), lost = scene[LIT].some((place) => P[place][REACH] < 1);
  const time = (near ? silent ? 1300 : lost ? 950 : 620 : 380) / speed, start = performance.now();
  root.classList.add("moving");
  g.ring.style.opacity = 0;
  follow(down);
  const walk = (moment) => {
    const part = clamp((moment - start) / time, 0, 1), eased = ease(part);
    YA = mix(a, goalA, eased);
    YB = mix(b, goalB, eased);
    paint(true);
    rest(eased);
    tokens(near ? from : k, k, near ? ease(clamp((part - .45) / .55, 0, 1)) : eased);
    if (part < 1) frame = requestAnimationFrame(walk); else done();
  };
  walk(start);
};
// On a phone the page follows the story.
const follow = (down) => {
  if (width >= 620 || g.slide || !root.contains(document.activeElement)) return;
  const y = g.ladder.getBoundingClientRect().top + down, low = $(".card").getBoundingClientRect().bottom;
  if (y < low + 60 || y > innerHeight - 90) scrollBy({ top: y - (low + innerHeight) / 2, behavior: "smooth" });
};

const stop = () => { clearTimeout(playing); playing = 0; buttons(); };
const tick = () => go(k + 1, { then: () => {
  if (!playing) return;
  if (k < N - 1) playing = setTimeout(tick, (900 + g.said[k].length * 32) / speed); else stop();
} });
const play = () => {
  if (playing) return stop();
  if (k === N - 1) go(-1, { at: true });
  playing = 1;
  buttons();
  tick();
};
const buttons = () => { $(".play").innerHTML = playing ? `${icon("M2 1.5h3.6v11H2zM8.4 1.5H12v11H8.4z")} ${T.pause}` : `${icon("M3 1.5v11L12 7z")} ${T.play}`; };
const step = (goal) => { stop(); go(goal); };
// The next time that an end comes into a state.
const enter = (node) => {
  const enters = (place) => [0, 1].some((side) => nodesAt(place, side).includes(node) && !nodesAt(place - 1, side).includes(node));
  for (let more = 1; more <= N; more++) if (enters((k + more) % N)) return step((k + more) % N);
};

const listen = () => {
  $(".play").onclick = play;
  [[".on", () => k + 1], [".back", () => k - 1], [".first", () => 0], [".last", () => N - 1]].forEach(([name, goal]) => { $(name).onclick = () => step(goal()); });
  $(".spd").onchange = (event) => { speed = +event.target.value; };
  $(".card details").ontoggle = stick;
  root.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (target.localName === "select" || event.ctrlKey || event.metaKey || event.altKey) return;
    const goal = { ArrowRight: k + 1, ArrowLeft: k - 1, Home: 0, End: N - 1 }[key];
    if (goal !== undefined) { event.preventDefault(); event.stopPropagation(); step(goal); }
    else if (key === " " || key === "Enter") {
      event.stopPropagation();
      if (key === " " && !/^(button|summary)$/.test(target.localName)) { event.preventDefault(); play(); }
    } else if (g.slide && /^[mw]$/i.test(key)) {
      event.stopPropagation();
      root.classList.toggle(key.toLowerCase() === "m" ? "M" : "W");
      $(".card details").open = root.classList.contains("W");
      lights();
    }
  });
  g.ladder.addEventListener("click", ({ target }) => {
    const packet = target.closest("[data-p]"), scene = target.closest("[data-k]");
    if (packet) { const arrow = P[packet.dataset.p]; step(k === arrow[ENDS] ? arrow[LEAVES] : arrow[ENDS]); }
    else if (scene) step(+scene.dataset.k);
  });
  g.map.addEventListener("click", ({ target }) => { const node = target.closest(".pl"); if (node) enter(g.nodes.indexOf(node)); });
  let held = null;
  const { bar } = g;
  bar.addEventListener("pointerdown", (event) => {
    held = { x: event.clientX, moved: false, tile: event.target.closest(".ti") };
    if (event.pointerType === "mouse") { bar.setPointerCapture(event.pointerId); event.preventDefault(); root.focus({ preventScroll: true }); }
  });
  bar.addEventListener("pointermove", (event) => {
    if (!held || event.pointerType !== "mouse") return;
    held.moved ||= Math.abs(event.clientX - held.x) > 4;
    if (!held.moved) return;
    const x = event.clientX - bar.getBoundingClientRect().left + bar.scrollLeft;
    let best = 0;
    bars.forEach((value, place) => { if (Math.abs(value - x) < Math.abs(bars[best] - x)) best = place; });
    if (best !== k) step(best);
  });
  bar.addEventListener("pointerup", () => { if (held && !held.moved && held.tile) step(+held.tile.dataset.k); held = null; });
  bar.addEventListener("pointercancel", () => { held = null; });
  let touch = null;
  root.addEventListener("touchstart", (event) => { touch = event.target.closest(".bar,select") ? null : event.touches[0]; }, { passive: true });
  root.addEventListener("touchend", (event) => {
    const last = event.changedTouches[0];
    if (!touch || !last) return;
    const dx = last.clientX - touch.clientX, dy = last.clientY - touch.clientY;
    if (Math.abs(dx) > 45 && Math.abs(dx) > 2 * Math.abs(dy)) step(k + (dx < 0 ? 1 : -1));
    touch = null;
  });
  const print = (on) => {
    printing = on;
    [YA, YB] = on || k < 0 ? [g.high, g.high] : g.rest[k];
    paint(false);
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  matchMedia("print").addEventListener("change", (event) => print(event.matches));
};
// A stage is built when it comes near. Nothing is measured before, for that would lay the page
// out once for each stage in it.
new IntersectionObserver((seen, watch) => {
  if (!seen.some((each) => each.isIntersecting)) return;
  watch.disconnect();
  build();
}, { rootMargin: "100% 0px" }).observe(root);
}
