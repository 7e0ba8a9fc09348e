// Labels and shapes of every picture of a page, as computed: sizes, colours, places.
// Returns {labels, shapes, faults}; a fault is a sentence.
(() => {
  const CHARTS = ".stillwell-strip, .stillwell-chart, .stillwell-warmth, .stillwell-decided";
  const LABELLED = `${CHARTS}, .stillwell-legend, .stillwell-figures__table`;
  const LEAST_PX = 12;
  const parts = (colour) => (colour.match(/[0-9.]+/g) || []).map(Number);
  const isClear = (colour) => colour === "none" || (parts(colour).length === 4 && parts(colour)[3] === 0);
  const shade = (colour) => {
    const [r, g, b] = parts(colour).slice(0, 3).map((c) => {
      const part = c / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, light] = [shade(one), shade(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!isClear(colour)) return colour;
    }
    return getComputedStyle(document.documentElement).colorScheme === "dark" ? "rgb(0,0,0)" : "rgb(255,255,255)";
  };
  const isHidden = (element) => element.closest("details:not([open]) > :not(summary), .govuk-visually-hidden")
    || !element.checkVisibility();
  // Lines of text stand closer than their boxes, which hold room for accents.
  const isOver = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1
    && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 4;
  const inksOf = (shape) => {
    const style = getComputedStyle(shape);
    const pattern = style.fill.match(/url\("?#([^")]+)/);
    if (pattern) return [...document.getElementById(pattern[1]).children].flatMap(inksOf);
    const found = shape.tagName === "line" ? [style.stroke] : [style.fill, style.stroke];
    return found.filter((ink) => ink.startsWith("rgb") && !isClear(ink));
  };
  const faults = [];
  const labels = [];
  for (const box of document.querySelectorAll(LABELLED)) {
    const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = node.textContent.trim();
      if (!text || isHidden(element) || element.closest("title, desc")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const style = getComputedStyle(element);
      labels.push({ element, text, rect: range.getBoundingClientRect(), lines: [...range.getClientRects()], style });
    }
  }
  for (const { element, text, rect, style } of labels) {
    const size = parseFloat(style.fontSize);
    if (size < LEAST_PX) faults.push(`"${text}" is ${size} px`);
    const ratio = contrast(style.color, ground(element));
    if (ratio < 4.5) faults.push(`"${text}" ${style.color} on ${ground(element)} is ${ratio.toFixed(2)}:1`);
    if (rect.width < 1 || rect.height < 1) faults.push(`"${text}" takes no room`);
    for (let at = element; at; at = at.parentElement) {
      const over = getComputedStyle(at);
      if (over.display === "inline" || over.display === "contents") continue;
      const around = at.getBoundingClientRect();
      if (at !== document.documentElement && /auto|scroll/.test(over.overflowX)) break; // what lies outside is reached by scrolling
      const isClipping = at === document.documentElement || /hidden|clip/.test(over.overflowX + over.overflowY);
      if (isClipping && (rect.right > around.right + 1 || rect.left < around.left - 1)) {
        faults.push(`"${text}" is cut off at the side by ${at.className || at.tagName}`);
        break;
      }
    }
  }
  for (const [i, one] of labels.entries()) {
    for (const other of labels.slice(i + 1)) {
      if (one.element === other.element || !isOver(one.rect, other.rect)) continue;
      const is = one.lines.some((line) => other.lines.some((beside) => isOver(line, beside)));
      if (is) faults.push(`"${one.text}" and "${other.text}" overlap`);
    }
  }
  const shapes = new Set();
  for (const svg of document.querySelectorAll("svg")) {
    if (!svg.closest(CHARTS) || isHidden(svg)) continue;
    for (const shape of svg.querySelectorAll("path, rect, line, circle, polygon, polyline")) {
      if (shape.closest("defs, pattern, clipPath")) continue;
      const inks = inksOf(shape);
      const name = shape.getAttribute("class") || shape.parentElement.getAttribute("class")
        || shape.parentElement.getAttribute("fill") || shape.tagName;
      if (!inks.length || shapes.has(name)) continue;
      shapes.add(name);
      const best = Math.max(...inks.map((ink) => contrast(ink, ground(svg))));
      if (best < 3) faults.push(`shape ${name} ${inks.join(" ")} on ${ground(svg)} is ${best.toFixed(2)}:1`);
    }
  }
  for (const key of document.querySelectorAll(".stillwell-key")) {
    if (isHidden(key) || key instanceof SVGElement) continue; // a room's, looked at in its picture
    const style = getComputedStyle(key);
    const inks = [style.backgroundColor, ...(parseFloat(style.borderTopWidth) ? [style.borderTopColor] : [])];
    const seen = inks.filter((ink) => !isClear(ink));
    const paper = ground(key.parentElement);
    if (!seen.some((ink) => contrast(ink, paper) >= 3)) faults.push(`key ${key.className} ${seen.join(" ")} on ${paper} is faint`);
  }
  return { labels: labels.length, shapes: [...shapes], faults };
})()
