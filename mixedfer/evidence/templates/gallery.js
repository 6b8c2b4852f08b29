const control = 0;
const state = {treatment: 1, arm: 0, outcome: ANY, cell: null, truth: ANY, found: ANY, agree: ANY, order: 0, limit: STEP, marks: true};

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
  return [
    ...(treatments.length > 1 ? [select("Treatment", "treatment", treatments)] : []),
    select("Matrix of", "arm", [[0, data.arms[control]], [1, data.arms[state.treatment]]]),
    select("True class", "truth", [[ANY, "any"], ...data.classes.map((name, index) => [index, name])]),
    ...(data.searched && data.found.includes(0) ? [select("Face", "found", [[ANY, "found or missed"], [1, "found"], [0, "missed"]])] : []),
    ...(data.replicates > 1 ? [select("Replicates that agree", "agree", [[ANY, "any number"],
      ...agreements.map(count => [count, `${count} of ${data.replicates}`])])] : []),
    select("Order", "order", [[0, "as in the data"], [1, "arms differ most first"]]),
    tick("Landmarks", "marks"),
  ];
}

// ---- one face
// The arms of a card that see other pictures than each other; those of one set follow those of the other on the sheet.
const seeing = () => data.sets[control] === data.sets[state.treatment] ? [control] : [control, state.treatment];

function own(at, k, arm) {
  const set = data.sets[arm], whose = data.seen.length > 1 ? `, as ${data.arms[arm]} sees it` : "";
  return picture(set * data.shown.length + at, data.seen[set][at] === 1, `${data.classes[data.truth[k]]}, ${data.names[at]}${whose}`);
}

function lost(at) {
  const arms = seeing().filter(arm => data.seen[data.sets[arm]][at] === 0);
  if (arms.length === 0) return "";
  return arms.length < seeing().length ? ` · no face found for ${data.arms[arms[0]]}` : " · no face found";
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
  return make("li", {class: "face"}, make("div", {class: "pictures"}, ...seeing().map(arm => own(at, k, arm))),
    make("p", {class: "truth"}, data.classes[data.truth[k]], make("small", {}, lost(at))), bars(at, k),
    make("p", {class: "votes"}, votes(control)),
    make("p", {class: "votes", style: `border-color: ${data.colours[state.treatment]}`}, votes(state.treatment)),
    make("p", {class: "source", title: data.names[at]}, data.names[at]));
}

function render() {
  // A cell of an arm that is no longer shown.
  if (state.cell && ![control, state.treatment].includes(state.cell[0])) state.cell = null;
  const gap = at => Math.abs(data.thousandths[at][control][data.truth[data.shown[at]]]
    - data.thousandths[at][state.treatment][data.truth[data.shown[at]]]);
  const faces = data.shown.map((_, at) => at).filter(at => picked(data.shown[at]));
  if (state.order === 1) faces.sort((a, b) => gap(b) - gap(a));
  const what = state.outcome !== ANY ? outcomes()[state.outcome] : state.cell
    ? `${data.classes[state.cell[1]]} answered as ${data.classes[state.cell[2]]} by ${data.arms[state.cell[0]]}` : "all outcomes";
  const key = arm => make("span", {class: "key"}, make("i", {style: `background: ${arm === control ? "var(--control)" : data.colours[arm]}`}), data.arms[arm]);
  lay([make("div", {class: "pick"}, outcomeTable(), make("div", {class: "scroll"}, confusionTable())),
    make("div", {class: "filters"}, ...controls()),
    make("p", {class: "keys"}, key(control), key(state.treatment))],
  faces, everyImage.filter(picked).length, what, card);
}
