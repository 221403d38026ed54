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

