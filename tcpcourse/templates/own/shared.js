(() => {
  const asked = new URLSearchParams(location.search);
  const wanted = asked.get("theme") ?? (asked.has("print-pdf") ? "light" : "");  // paper is white
  if (wanted === "light" || wanted === "dark") document.documentElement.dataset.theme = wanted;
  // A screen reader changes its voice, and a browser its font, where the language is named.
  const chinese = /[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+/;
  const name = (text) => {
    const found = chinese.exec(text.data);
    if (!found || text.parentElement.closest("[lang=zh-Hans], script, style, svg, option")) return;
    const rest = text.splitText(found.index);
    const after = rest.splitText(found[0].length);
    const span = document.createElement("span");
    span.lang = "zh-Hans";
    rest.replaceWith(span);
    span.append(rest);
    name(after);
  };
  document.addEventListener("DOMContentLoaded", () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) if (chinese.test(walker.currentNode.data)) texts.push(walker.currentNode);
    texts.forEach(name);
  });
})();
