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
