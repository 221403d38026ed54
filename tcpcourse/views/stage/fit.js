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

