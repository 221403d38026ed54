(() => {
  const root = document.currentScript.previousElementSibling;
  const steps = [...root.querySelectorAll(":scope > details")];
  if (!steps.length || root.classList.contains("tcp-live")) return;
  const make = (tag, attributes, parent) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return parent.appendChild(element);
  };
  const words = (step) => step.firstElementChild.textContent;
  const bar = document.createElement("div");
  bar.className = "tcp-bar";
  let now = -1;
  const buttons = [["first", "|◀"], ["previous", "◀"], ["next", "▶"], ["last", "▶|"]].map(
    ([name, sign]) => {
      const button = make("button", { type: "button", "aria-label": `${name} step`, title: `${name} step` }, bar);
      button.textContent = name === "next" ? `${sign} next` : sign;
      button.onclick = () => show({ first: 0, previous: now - 1, next: now + 1, last: steps.length - 1 }[name]);
      return button;
    });
  const jump = make("select", { "aria-label": "go to step" }, bar);
  for (const step of steps) make("option", {}, jump).textContent = words(step);
  jump.onchange = () => show(jump.selectedIndex);
  const count = make("span", {}, bar);
  const status = make("div", { class: "tcp-status", role: "status", "aria-live": "polite" }, root);
  const kinds = new Set();  // pictures of one kind share one style
  const inline = (image) => {
    const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (letter) => letter.charCodeAt(0));
    const text = new TextDecoder().decode(bytes);
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    const style = svg.querySelector("style");
    if (kinds.has(svg.classList[0])) style.remove();
    else root.prepend(document.importNode(style, true));
    kinds.add(svg.classList[0]);
    image.replaceWith(document.importNode(svg, true));
  };
  const ready = (step) => step?.querySelectorAll("img").forEach(inline);
  const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  const show = (wanted, quiet) => {
    const next = Math.max(0, Math.min(steps.length - 1, wanted));
    if (next === now) return;
    now = next;
    steps.forEach((step, index) => { step.open = index === now; });
    ready(steps[now]);
    later(() => ready(steps[now + 1]));
    jump.selectedIndex = now;
    count.textContent = `${now + 1} of ${steps.length}`;
    const [first, previous, forward, last] = buttons;
    const held = document.activeElement;
    first.disabled = previous.disabled = now === 0;
    forward.disabled = last.disabled = now === steps.length - 1;
    if (held && held.disabled) root.focus({ preventScroll: true });
    if (!quiet) status.textContent = `Step ${now + 1} of ${steps.length}: ${words(steps[now])}`;
  };
  const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -1e9, End: 1e9 };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === " " || event.key === "Enter") return event.stopPropagation();
    if (!(event.key in moves)) return;
    event.stopPropagation();
    if (event.target === jump) return;
    event.preventDefault();
    show(now + moves[event.key]);
  });
  root.addEventListener("click", (event) => {
    const arrow = event.target.closest("[data-p]");
    if (!arrow) return;
    const at = steps.flatMap((step, index) =>
      (step.dataset.packets || "").split(" ").includes(arrow.dataset.p) ? [index] : []);
    if (at.length) show(at.find((index) => index > now) ?? at[0]);
  });
  let touch = null;
  root.addEventListener("touchstart", (event) => {
    event.stopPropagation();
    touch = event.touches.length === 1 ? event.touches[0] : null;
  }, { passive: true });
  root.addEventListener("touchend", (event) => {
    event.stopPropagation();
    if (!touch) return;
    const dx = event.changedTouches[0].clientX - touch.clientX;
    const dy = event.changedTouches[0].clientY - touch.clientY;
    if (Math.abs(dx) > 40 && Math.abs(dx) > 1.5 * Math.abs(dy)) show(now + (dx < 0 ? 1 : -1));
    touch = null;
  }, { passive: true });
  root.classList.add("tcp-live");
  root.insertBefore(bar, steps[0]);
  show(0, true);
})();
