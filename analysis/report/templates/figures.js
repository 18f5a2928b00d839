const PICTURES = RESULTS.figures;
const drawnCss = () => {
  const root = getComputedStyle(document.documentElement);
  const names = ["paper", "ink", "faint", "rule", "accent", "plain", "gain"];
  const values = names.map((name) => `--${name}:${root.getPropertyValue(`--${name}`)};`).join("");
  return `:root,svg{${values}}.ground{fill:var(--paper)}\n${document.getElementById("drawing-style").textContent}`;
};
function standalone(svg) {
  const copy = svg.cloneNode(true);
  const box = svg.viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", box.width);
  copy.setAttribute("height", box.height);
  const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
  style.textContent = drawnCss();
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ width: "100%", height: "100%", class: "ground" })) {
    ground.setAttribute(name, value);
  }
  const desc = copy.querySelector("desc");
  desc.after(style, ground);
  return new XMLSerializer().serializeToString(copy);
}
function savePng(name, svg) {
  const image = new Image();
  const box = svg.viewBox.baseVal;
  image.onload = () => {
    const canvas = make("canvas", { width: 2 * box.width, height: 2 * box.height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(`${name}.png`, "image/png", blob));
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(standalone(svg));
}
function embedPage(figure, svg) {
  const escape = (text) => make("i", { textContent: text }).innerHTML;
  const told = figure.querySelector(".told p").textContent;
  const source = figure.querySelector(".source").textContent;
  const title = PICTURES[figure.dataset.figure].title;
  return (
    `<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title>` +
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">` +
    `<style>body{margin:1rem;font:16px/1.45 system-ui,sans-serif}svg{width:100%;height:auto}` +
    `figure{margin:0}small{color:#565b60}</style>` +
    `<figure><figcaption><b>${escape(title)}</b><br>${escape(told)}</figcaption>${standalone(svg)}` +
    `<small>${escape(source)}</small></figure></html>\n`
  );
}

for (const figure of document.querySelectorAll("figure[data-figure]")) {
  const name = figure.dataset.figure;
  const picture = PICTURES[name];
  const svg = () => Array.from(figure.querySelectorAll(".drawing svg")).find((one) => one.clientWidth) ?? figure.querySelector("svg");
  const tools = figure.querySelector(".tools");
  const button = (words, what, act) => {
    const made = make("button", { type: "button", textContent: words });
    made.setAttribute("aria-label", `${what}: ${picture.title}`);
    made.addEventListener("click", act);
    tools.append(made);
  };
  button("SVG", "Save the drawing as SVG", () => save(`${name}.svg`, "image/svg+xml", standalone(svg())));
  button("PNG", "Save the drawing as PNG", () => savePng(name, svg()));
  const table = RESULTS.tables.find((one) => one.id === picture.table);
  if (table) button("CSV", "Save the numbers as CSV", () => save(`${name}.csv`, "text/csv", csvOf(table)));
  button("Embed", "Save the figure as a page to embed", () => save(`${name}.html`, "text/html", embedPage(figure, svg())));
  tools.hidden = false;
  for (const kind of ["wide", "slim"]) {
    const texts = picture.texts[kind] ?? picture.texts.wide;
    pointAt(figure.querySelector(`.${kind}`), picture[kind].map((place, at) => [...place, texts[at]]), picture.title);
  }
}

function markSpot(name, point) {
  for (const box of document.querySelectorAll(`[data-figure="${name}"] .drawing`)) {
    let spot = box.querySelector(".chosen-spot");
    if (!spot) {
      spot = make("div", { className: "spot chosen-spot", title: "your choice" });
      box.append(spot);
    }
    spot.hidden = !point;
    if (!point) continue;
    const [x0, x1, left, right, y0, y1, bottom, top, width, height] = PICTURES[name].frame[box.classList.contains("wide") ? "wide" : "slim"];
    spot.style.left = `${((left + ((point[0] - x0) / (x1 - x0)) * (right - left)) / width) * 100}%`;
    spot.style.top = `${((bottom + ((point[1] - y0) / (y1 - y0)) * (top - bottom)) / height) * 100}%`;
  }
}

function pointAt(box, points, title) {
  if (!points.length) return;
  const svg = box.querySelector("svg");
  const size = svg.viewBox.baseVal;
  const label = make("div", { className: "hot", hidden: true });
  const spot = make("div", { className: "spot", hidden: true });
  label.setAttribute("role", "status");
  box.append(label, spot);
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", `${title}. Arrow keys read its values.`);
  let at = -1;
  const show = (index) => {
    at = index;
    const [x, y, text] = points[index];
    const shown = svg.getBoundingClientRect();
    const left = (x / size.width) * shown.width;
    const top = (y / size.height) * shown.height;
    spot.style.left = `${left}px`;
    spot.style.top = `${top}px`;
    label.textContent = text;
    label.hidden = spot.hidden = false;
    const half = label.offsetWidth / 2;
    label.style.left = `${Math.min(Math.max(left, half), shown.width - half)}px`;
    label.style.top = `${Math.max(top, label.offsetHeight + 8)}px`;
  };
  const hide = () => (label.hidden = spot.hidden = true);
  const nearest = (event) => {
    const shown = svg.getBoundingClientRect();
    const x = ((event.clientX - shown.left) / shown.width) * size.width;
    const y = ((event.clientY - shown.top) / shown.height) * size.height;
    let best = -1;
    let least = Infinity;
    points.forEach(([px, py], index) => {
      const far = (px - x) ** 2 + (py - y) ** 2;
      if (far < least) [best, least] = [index, far];
    });
    return least < 40 ** 2 ? best : -1;
  };
  const found = (event) => {
    const index = nearest(event);
    if (index < 0) hide();
    else show(index);
  };
  box.addEventListener("pointermove", (event) => event.pointerType === "mouse" && found(event));
  box.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
  box.addEventListener("click", found);
  box.addEventListener("blur", hide);
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") hide();
    if (!step) return;
    event.preventDefault();
    show((at + step + points.length) % points.length);
  });
}
