const missedAny = data.searched && data.counts.some(kinds => kinds[0].some(count => count > 0));
const state = {truth: ANY, found: missedAny ? 0 : ANY, part: ANY, limit: STEP, marks: true};
const FOUND = ["✕ no face found", "✓ face found"];

const fits = (truth, found, part) => (state.truth === ANY || truth === state.truth)
  && (state.found === ANY || found === state.found) && (state.part === ANY || part === state.part);

function matches() {
  let total = 0;
  data.counts.forEach((kinds, truth) => kinds.forEach((parts, found) => parts.forEach((count, part) => {
    if (fits(truth, found, part)) total += count;
  })));
  return total;
}

function card(at) {
  const name = data.classes[data.truth[at]], found = data.found[at], part = data.parts[data.part[at]];
  const seen = data.searched ? FOUND[found] : "";
  return make("li", {class: "face"}, picture(at, found === 1, `${name}, ${seen} ${data.names[at]}`, data.boxes && data.boxes[at]),
    make("p", {class: "truth"}, name),
    make("p", {class: found ? "seen" : "seen missed"}, seen),
    ...(data.votes ? [make("p", {}, data.votes[at].map((share, index) => [share, data.classes[index]]).filter(([share]) => share > 0)
      .sort((a, b) => b[0] - a[0]).map(([share, vote]) => `${vote} ${share}%`).join(", "))] : []),
    make("p", {class: "source", title: data.names[at]}, [part, data.names[at]].filter(Boolean).join(" · ")));
}

function render() {
  const kinds = [...(state.truth === ANY ? ["all classes"] : [data.classes[state.truth]]),
    ...(data.searched && state.found !== ANY ? [["no face found", "face found"][state.found]] : []),
    ...(state.part === ANY ? [] : [data.parts[state.part]])];
  const filters = [select("Class", "truth", [[ANY, "any"], ...data.classes.map((name, index) => [index, name])]),
    ...(missedAny ? [select("Face", "found", [[ANY, "found or missed"], [0, "missed"], [1, "found"]])] : []),
    ...(data.parts.length > 1 ? [select("Partition", "part", [[ANY, "any"], ...data.parts.map((name, index) => [index, name])])] : []),
    tick("Landmarks", "marks")];
  lay([make("div", {class: "filters"}, ...filters)],
    data.truth.map((_, at) => at).filter(at => fits(data.truth[at], data.found[at], data.part[at])), matches(), kinds.join(", "), card);
}
