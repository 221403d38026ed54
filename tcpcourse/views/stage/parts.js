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

