(() => {
  const HIGH = 520, LOW = 300;  // how high pictures may be, in pixels of a slide
  const SIZES = [40, 36, 32, 29.5, 27, 25, 23, 21.5, 20, 18.5, 17];  // of letters
  const DRAWN = 4, WHOLE = 6;  // places in it: where pictures begin, and where lines may break
  const CODES = [.74, .68, .62, .57];  // letters of code, compared with others
  const slides = [...document.querySelectorAll(".slides > section > section")];
  document.querySelectorAll(".tcp-stage, .tcp-hands, .tcp-asks").forEach((stage) => stage.classList.add("slide"));

  // Notes belong to the slide, also when their cell came after a fragment.
  for (const slide of slides) slide.append(...slide.querySelectorAll(".fragment aside.notes"));
  // Of the answers to one question one is open at a time.
  slides.forEach((slide, number) => slide.querySelectorAll(".jp-RenderedMarkdown details")
    .forEach((answer) => answer.setAttribute("name", `question-${number}`)));

  // What sticks out below a slide, whichever answer is open and whichever step is shown.
  const excess = (slide) => {
    const over = () => slide.scrollHeight - slide.clientHeight;
    let most = over();
    for (const each of slide.querySelectorAll(".jp-RenderedMarkdown details")) {
      const siblings = [...each.parentElement.children].filter((other) => other.localName === "details" && other.open);
      siblings.forEach((other) => { other.open = false; });
      each.open = true;
      most = Math.max(most, over());
      each.open = false;
      siblings.forEach((other) => { other.open = true; });
    }
    return most;
  };
  // Code whose lines are broken, and tables whose cells are towers, are hard to read.
  const broken = (slide) => [...slide.querySelectorAll(".highlight pre, td")].some((each) => {
    const lines = each.localName === "td" ? 2 : each.textContent.trimEnd().split("\n").length;
    return each.clientHeight > (lines + .7) * parseFloat(getComputedStyle(each).lineHeight);
  });
  const fits = (slide, size, words = 270, high = HIGH) => {
    for (const [name, value] of Object.entries({ size, words, high })) slide.style.setProperty(`--${name}`, `${value}px`);
    return excess(slide);
  };
  // Whether the slide can stand as it is, or with smaller code that can still be read.
  const stands = (slide, size, whole) => CODES.some((code, place) => {
    if (place && code * size < 16) return false;
    slide.style.setProperty("--code-size", `${code}em`);
    return fits(slide, size) <= 0 && !(whole && broken(slide));
  });
  // The same with a picture: rather smaller letters than a column of words that takes its room.
  const WAYS = [[SIZES.slice(DRAWN, DRAWN + 4), [270, 340]], [SIZES.slice(DRAWN), [270, 340, 420, 500]]];
  const besides = (slide) => WAYS.some(([sizes, widths]) => sizes.some((size) => widths.some((words) => {
    const over = fits(slide, size, words);
    if (over <= 0) return true;
    const high = Math.min(HIGH, slide.querySelector("svg, img").clientHeight) - over;
    return high >= LOW && fits(slide, size, words, high) <= 0;
  })));
  // A stage takes all the room that heading, text and code leave; they give way to it.
  const STAGE = 520, ZOOM = 1.28;
  const filled = (slide, stage) => {
    const set = (high) => stage.style.setProperty("--stage-high", `${high / ZOOM}px`);
    const used = () => {
      set(0);
      return Math.max(...[...slide.children].filter((each) => each.localName !== "aside").map((each) => each.offsetTop + each.offsetHeight));
    };
    const room = (size) => {
      fits(slide, size);
      return slide.clientHeight - 30 - used();
    };
    const size = SIZES.slice(DRAWN).find((each) => room(each) >= STAGE) ?? SIZES.at(-1);
    const high = room(size);
    set(high);
    const over = excess(slide);  // with an answer open
    if (over > 0) set(high - over);
  };
  const fit = (slide) => {
    const stage = slide.querySelector(".tcp-stage, .tcp-hands, .tcp-asks");
    if (stage) return filled(slide, stage);
    const drawn = slide.querySelector(".jp-RenderedHTML svg, .jp-RenderedHTML > img, .jp-RenderedImage img");
    if (drawn ? besides(slide) : SIZES.some((size, place) => stands(slide, size, place < WHOLE))) return;
    const tall = [...slide.querySelectorAll("table, pre")].sort((a, b) => b.clientHeight - a.clientHeight)[0];
    if (!tall || tall.clientHeight < 240) return;
    // Too much for any letters that can be read at the back: it scrolls, by mouse or keys.
    const box = tall.parentElement;
    box.classList.add("scrolls");
    const over = fits(slide, SIZES[8]);
    const height = box.clientHeight - over - 2;
    box.style.maxHeight = `${Math.max(height, 120)}px`;
    Object.entries({ tabindex: 0, role: "region", "aria-label": "scrolls" }).forEach((pair) => box.setAttribute(...pair));
  };

  const toggle = () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  };
  const TAKEN = ".tcp-stage, .tcp-hands, .tcp-asks, .scrolls, summary, a, button, select";
  // Keys that belong to what has the focus, and not to the deck.
  const OWN = { " ": TAKEN, Enter: TAKEN, ArrowUp: ".scrolls", ArrowDown: ".scrolls" };
  const inside = () => document.activeElement?.closest(".slides") && document.activeElement;
  const enter = () => Reveal.getCurrentSlide().querySelector(".tcp-stage, .tcp-hands, .tcp-asks, .scrolls, summary, a[href]:not(.anchor-link)")?.focus();

  // Enter goes to the stage or the question of a slide, Escape comes back to the deck.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !inside()) return;
    inside().blur();
    event.stopImmediatePropagation();
  }, true);

  const start = async () => {
    await window.MathJax?.startup.promise;
    const laidOut = new Promise((done) => Reveal.on("pdf-ready", done));
    await Reveal.initialize({
      width: 1280, height: 720, margin: 0, maxScale: 4, center: false, hash: true,
      navigationMode: "linear", transition: "none", slideNumber: "c/t", viewDistance: 99, mobileViewDistance: 99,
      pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
      keyboardCondition: (event) => !event.target.closest?.(OWN[event.key] ?? "nothing"),
    });
    const printing = Reveal.isPrintView();
    await document.fonts.ready;
    slides.forEach(fit);
    Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark or light" }, toggle);
    Reveal.addKeyBinding({ keyCode: 13, key: "Enter", description: "To the stage or the question" }, enter);
    Reveal.on("slidechanged", () => inside()?.blur());
    if (printing) await laidOut;
    document.documentElement.dataset.ready = "yes";
  };
  start();
})();
