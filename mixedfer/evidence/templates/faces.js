// A page that shows faces: it has a `state`, `render()` and, for each face, a card.
const data = JSON.parse(document.getElementById("gallery-data").textContent);
const sheet = document.getElementById("gallery-sheet");
const bytes = Uint8Array.from(atob(data.points), letter => letter.charCodeAt(0));
const packed = new DataView(bytes.buffer);
const STEP = 20, ANY = -1;

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick" || name === "onchange") node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

function change(values) {
  Object.assign(state, {limit: STEP}, values);
  render();
}

function select(label, key, options) {
  const box = make("select", {onchange: event => change({[key]: Number(event.target.value)})},
    ...options.map(([value, text]) => make("option", {value}, text)));
  box.value = state[key];
  box.setAttribute("aria-label", label);
  return make("label", {}, make("span", {}, label), box);
}

function tick(label, key) {
  const box = make("input", {type: "checkbox", id: `gallery-${key}`, onchange: event => change({limit: state.limit, [key]: event.target.checked})});
  box.checked = state[key];
  return make("label", {class: "tick"}, box, make("span", {}, label));
}

function landmarks(context, at, size, found) {
  const [low, high] = data.range;
  const place = (point, axis) => (low + (high - low) * packed.getUint16(4 * (68 * at + point) + 2 * axis, true) / 65535) * size;
  context.setLineDash(found ? [] : [5, 3]);
  for (const [colour, width] of [["rgba(0, 0, 0, .55)", 3.2], [found ? "#F0E442" : "#FF8A3C", 1.6]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    for (const [start, stop, closed] of data.outlines) {
      context.beginPath();
      for (let point = start; point < stop; point += 1) context.lineTo(place(point, 0), place(point, 1));
      if (closed) context.closePath();
      context.stroke();
    }
  }
}

function picture(at, found, label, box = null) {
  const size = 192, side = data.side;
  const canvas = make("canvas", {width: size, height: size, role: "img", "aria-label": label});
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(sheet, (at % data.across) * side, Math.floor(at / data.across) * side, side, side, 0, 0, size, size);
  if (state.marks) landmarks(context, at, size, found);
  if (state.marks && box) {
    context.setLineDash([]);
    context.strokeStyle = "#56B4E9";
    context.strokeRect(...box.map(value => value * size));
  }
  return canvas;
}

// `controls` above, of `faces` as many cards as the state allows; `matches` are there in all, and `what` says which.
function lay(controls, faces, matches, what, card) {
  const app = document.getElementById("gallery-app"), focused = document.activeElement;
  const held = [...app.querySelectorAll("button, select, input")].indexOf(focused);
  const shown = faces.slice(0, state.limit);
  const kept = faces.length < matches ? ` ${faces.length.toLocaleString("en")} of them are in this page.` : "";
  app.replaceChildren(...controls);
  document.getElementById("gallery-status").textContent =
    `Showing ${shown.length.toLocaleString("en")} of ${matches.toLocaleString("en")} faces: ${what}.${kept}`;
  document.getElementById("gallery-faces").replaceChildren(...shown.map(card));
  document.getElementById("gallery-more").hidden = faces.length <= shown.length;
  if (held >= 0) app.querySelectorAll("button, select, input")[held]?.focus({preventScroll: true});
}

document.getElementById("gallery-more").addEventListener("click", () => change({limit: state.limit + 2 * STEP}));
sheet.decode().then(() => {
  document.getElementById("gallery-off").remove();
  render();
});
