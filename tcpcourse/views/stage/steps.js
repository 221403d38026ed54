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

