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

