const data = JSON.parse(document.getElementById("gallery-data").textContent);
const sheet = document.getElementById("gallery-sheet");
const bytes = Uint8Array.from(atob(data.points), letter => letter.charCodeAt(0));
const packed = new DataView(bytes.buffer);
const STEP = 20, ANY = -1;
const control = 0;
const state = {treatment: 1, arm: 0, outcome: ANY, cell: null, truth: ANY, found: ANY, agree: ANY, order: 0, limit: STEP, marks: true};

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
  if ("treatment" in values) state.cell = null;
  render();
}

// ---- what is true of test image k
const right = (arm, k) => data.answers[arm][k] === data.truth[k];
const agreement = k => Math.min(data.agree[control][k], data.agree[state.treatment][k]);
const outcome = k => (right(control, k) ? 0 : 2) + (right(state.treatment, k) ? 0 : 1);
const filtered = k => (state.truth === ANY || data.truth[k] === state.truth)
  && (state.found === ANY || data.found[k] === state.found) && (state.agree === ANY || agreement(k) === state.agree);
const picked = k => filtered(k) && (state.outcome === ANY || outcome(k) === state.outcome) && (!state.cell
  || (data.truth[k] === state.cell[1] && data.answers[state.cell[0]][k] === state.cell[2]));
const everyImage = data.truth.map((_, k) => k);
const outcomes = () => [`both right`, `only ${data.arms[control]} right`, `only ${data.arms[state.treatment]} right`, `both wrong`];

// ---- controls
function select(label, key, options) {
  const box = make("select", {onchange: event => change({[key]: Number(event.target.value)})},
    ...options.map(([value, text]) => make("option", {value}, text)));
  box.value = state[key];
  box.setAttribute("aria-label", label);
  return make("label", {}, make("span", {}, label), box);
}

function cellButton(text, share, pressed, label, pick) {
  return make("button", {type: "button", "aria-pressed": String(pressed), "aria-label": label, onclick: pick,
    style: `--share: ${Math.round(100 * share)}%`}, text);
}

function outcomeTable() {
  const counts = [0, 0, 0, 0];
  for (const k of everyImage) if (filtered(k)) counts[outcome(k)] += 1;
  const total = Math.max(1, counts[0] + counts[1] + counts[2] + counts[3]);
  const cell = index => make("td", {}, cellButton(counts[index].toLocaleString("en"), counts[index] / total,
    state.outcome === index, `${outcomes()[index]}: ${counts[index]} faces`,
    () => change({outcome: state.outcome === index ? ANY : index, cell: null})));
  const name = data.arms[state.treatment];
  return make("table", {class: "cells", id: "gallery-outcomes"}, make("caption", {}, "Right or wrong"),
    make("thead", {}, make("tr", {}, make("td"), make("th", {scope: "col"}, `${name} right`), make("th", {scope: "col"}, `${name} wrong`))),
    make("tbody", {}, make("tr", {}, make("th", {scope: "row"}, `${data.arms[control]} right`), cell(0), cell(1)),
      make("tr", {}, make("th", {scope: "row"}, `${data.arms[control]} wrong`), cell(2), cell(3))));
}

function confusionTable() {
  const arm = state.arm === 0 ? control : state.treatment, classes = data.classes;
  const counts = classes.map(() => classes.map(() => 0));
  for (const k of everyImage) if (filtered(k)) counts[data.truth[k]][data.answers[arm][k]] += 1;
  const cell = (truth, answer) => {
    const here = state.cell, count = counts[truth][answer], total = Math.max(1, counts[truth].reduce((sum, one) => sum + one, 0));
    const pressed = Boolean(here && here[0] === arm && here[1] === truth && here[2] === answer);
    return make("td", {}, cellButton(count.toLocaleString("en"), count / total, pressed,
      `${classes[truth]} answered as ${classes[answer]} by ${data.arms[arm]}: ${count} faces`,
      () => change({cell: pressed ? null : [arm, truth, answer], outcome: ANY})));
  };
  return make("table", {class: "cells", id: "gallery-confusion"}, make("caption", {}, `Truth (rows) and answers of ${data.arms[arm]}`),
    make("thead", {}, make("tr", {}, make("td"), ...classes.map(name => make("th", {scope: "col"}, name)))),
    make("tbody", {}, ...classes.map((name, truth) => make("tr", {}, make("th", {scope: "row"}, name),
      ...classes.map((_, answer) => cell(truth, answer))))));
}

function controls() {
  const treatments = data.arms.slice(1).map((name, index) => [index + 1, name]);
  const agreements = [...new Set(everyImage.map(agreement))].sort((a, b) => b - a);
  const marks = make("input", {type: "checkbox", id: "gallery-marks", onchange: event => change({marks: event.target.checked})});
  marks.checked = state.marks;
  return [
    ...(treatments.length > 1 ? [select("Treatment", "treatment", treatments)] : []),
    select("Matrix of", "arm", [[0, data.arms[control]], [1, data.arms[state.treatment]]]),
    select("True class", "truth", [[ANY, "any"], ...data.classes.map((name, index) => [index, name])]),
    ...(data.searched && data.found.includes(0) ? [select("Face", "found", [[ANY, "found or missed"], [1, "found"], [0, "missed"]])] : []),
    ...(data.replicates > 1 ? [select("Replicates that agree", "agree", [[ANY, "any number"],
      ...agreements.map(count => [count, `${count} of ${data.replicates}`])])] : []),
    select("Order", "order", [[0, "as in the data"], [1, "arms differ most first"]]),
    make("label", {class: "tick"}, marks, make("span", {}, "Landmarks")),
  ];
}

// ---- one face
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

function picture(at, k) {
  const size = 192, side = data.side;
  const canvas = make("canvas", {width: size, height: size, role: "img",
    "aria-label": `${data.classes[data.truth[k]]}, ${data.names[at]}`});
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(sheet, (at % data.across) * side, Math.floor(at / data.across) * side, side, side, 0, 0, size, size);
  if (state.marks) landmarks(context, at, size, data.found[k] === 1);
  return canvas;
}

function bars(at, k) {
  const arms = [control, state.treatment];
  const told = arms.map(arm => `${data.arms[arm]}: ` + data.classes.map((name, index) =>
    `${name} ${Math.round(data.thousandths[at][arm][index] / 10)}%`).join(", ")).join("; ");
  return make("div", {class: "bars", role: "img", "aria-label": told}, ...data.classes.flatMap((name, index) => [
    make("span", {class: index === data.truth[k] ? "true" : ""}, name),
    make("div", {}, ...arms.map(arm => make("i", {
      style: `width: ${data.thousandths[at][arm][index] / 10}%; background: ${arm === control ? "var(--control)" : data.colours[arm]}`})))]));
}

function card(at) {
  const k = data.shown[at];
  const votes = arm => `${right(arm, k) ? "✓" : "✕"} ${data.classes[data.answers[arm][k]]}, ${data.agree[arm][k]} of ${data.replicates}`;
  const missed = data.searched && data.found[k] === 0 ? " · no face found" : "";
  return make("li", {class: "face"}, picture(at, k),
    make("p", {class: "truth"}, data.classes[data.truth[k]], make("small", {}, missed)), bars(at, k),
    make("p", {class: "votes"}, votes(control)),
    make("p", {class: "votes", style: `border-color: ${data.colours[state.treatment]}`}, votes(state.treatment)),
    make("p", {class: "source", title: data.names[at]}, data.names[at]));
}

function render() {
  const app = document.getElementById("gallery-app"), focused = document.activeElement;
  const held = [...app.querySelectorAll("button, select, input")].indexOf(focused);
  const matches = everyImage.filter(picked).length;
  const gap = at => Math.abs(data.thousandths[at][control][data.truth[data.shown[at]]]
    - data.thousandths[at][state.treatment][data.truth[data.shown[at]]]);
  const faces = data.shown.map((_, at) => at).filter(at => picked(data.shown[at]));
  if (state.order === 1) faces.sort((a, b) => gap(b) - gap(a));
  const shown = faces.slice(0, state.limit);
  const what = state.outcome !== ANY ? outcomes()[state.outcome] : state.cell
    ? `${data.classes[state.cell[1]]} answered as ${data.classes[state.cell[2]]} by ${data.arms[state.cell[0]]}` : "all outcomes";
  const kept = faces.length < matches ? ` Pictures of ${faces.length.toLocaleString("en")} of them are in this page.` : "";
  const key = arm => make("span", {class: "key"}, make("i", {style: `background: ${arm === control ? "var(--control)" : data.colours[arm]}`}), data.arms[arm]);
  app.replaceChildren(
    make("div", {class: "pick"}, outcomeTable(), make("div", {class: "scroll"}, confusionTable())),
    make("div", {class: "filters"}, ...controls()),
    make("p", {class: "keys"}, key(control), key(state.treatment)));
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
