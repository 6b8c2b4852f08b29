// What was seen, drawn: boxes and landmarks on the canvas, and for each face a table with a bar per class and bundle.
const data = JSON.parse(document.getElementById("data").textContent);
const COLOURS = ["#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#D55E00"], MISSED = "#B4B4B4";
const LEGIBLE = 640, LARGEST = 1600, SAME = 0.3, LETTER = 15;
const NO_FACE = "no face found";
const get = id => document.getElementById(id);
const canvas = get("canvas");
// The picture that is shown, or null for one that only the server can read, and what was answered about it.
const shown = {picture: null, width: 0, height: 0, people: []};

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// What is going on, or what is wrong; `busy` while an answer is waited for.
function say(text, trouble = "", busy = false) {
  get("drop").setAttribute("aria-busy", busy);
  if (get("status").textContent !== text) get("status").textContent = text;
  if (get("trouble").textContent !== trouble) get("trouble").textContent = trouble;
}

// What two boxes (left, top, width, height) share of what they cover together.
function overlap(one, other) {
  const across = Math.min(one[0] + one[2], other[0] + other[2]) - Math.max(one[0], other[0]);
  const down = Math.min(one[1] + one[3], other[1] + other[3]) - Math.max(one[1], other[1]);
  const common = Math.max(0, across) * Math.max(0, down);
  return common && common / (one[2] * one[3] + other[2] * other[3] - common);
}

// Rows of all bundles -> one entry per face, from left to right, with a row or nothing of each bundle.
function people(answers) {
  const found = [];
  answers.forEach((answer, arm) => {
    for (const row of answer.rows.filter(row => row.face !== null)) {
      const free = found.filter(one => !one.rows[arm] && one.found === row.found);
      const shared = free.map(one => overlap(one.box, row.box));
      const most = Math.max(SAME, ...shared);
      let one = free[shared.indexOf(most)];
      if (!one) found.push(one = {box: row.box, landmarks: row.landmarks, found: row.found, rows: answers.map(() => null)});
      one.rows[arm] = row;
    }
  });
  return found.sort((one, other) => one.box[0] - other.box[0]);
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function summary(answers, found) {
  const faces = found.filter(one => one.found).length;
  const told = answers.map(answer => answer.rows.find(row => row.why && row.why !== NO_FACE)?.why ?? "");
  const same = told.every(text => text === told[0]);
  const why = same ? told[0] && ` ${sentence(told[0])}` :
    answers.map((answer, arm) => told[arm] && ` ${answer.bundle}: ${told[arm]}.`).join("");
  if (faces) return `${faces} ${faces === 1 ? "face" : "faces"} found.${why}`;
  return `No face was found.${found.length ? " The whole picture was taken for one, as in training." : ""}${why}`;
}

function colour(person, place) {
  return person.found ? COLOURS[place % COLOURS.length] : MISSED;
}

function paint() {
  const {picture, width, height} = shown, longest = Math.max(width, height);
  if (!longest) return;
  const scale = longest > LARGEST ? LARGEST / longest : Math.max(1, Math.min(8, LEGIBLE / longest));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.hidden = false;
  get("hint").hidden = true;
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#777";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  if (picture) brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
  shown.people.forEach((person, place) => mark(brush, person, place, scale));
}

function mark(brush, person, place, scale) {
  // As large on the screen, however small the screen is.
  const size = Math.round(LETTER * canvas.width / (canvas.clientWidth || canvas.width)), ink = colour(person, place);
  const [left, top, width, height] = person.box.map(value => value * scale);
  brush.setLineDash(person.found ? [] : [size / 2, size / 3]);
  for (const [style, thick] of [["rgba(0, 0, 0, .7)", size / 4], [ink, size / 7]]) {
    brush.strokeStyle = style;
    brush.lineWidth = thick;
    brush.strokeRect(left, top, width, height);
  }
  brush.setLineDash([]);
  if (get("marks").checked) outline(brush, person.landmarks.map(point => point.map(value => (value + 0.5) * scale)), ink, size);
  brush.font = `700 ${size}px system-ui, sans-serif`;
  const words = String(place + 1), wide = brush.measureText(words).width + size * 0.7, high = size * 1.35;
  const x = Math.max(0, Math.min(left, canvas.width - wide)), y = Math.max(0, Math.min(top - high, canvas.height - high));
  brush.fillStyle = ink;
  brush.fillRect(x, y, wide, high);
  brush.fillStyle = "#1a1a1a";
  brush.textBaseline = "middle";
  brush.fillText(words, x + size * 0.35, y + high / 2);
}

function outline(brush, points, ink, size) {
  for (const [style, thick] of [["rgba(0, 0, 0, .6)", size / 7], [ink, size / 12]]) {
    brush.strokeStyle = style;
    brush.lineWidth = thick;
    for (const [start, stop, closed] of data.outlines) {
      brush.beginPath();
      for (const point of points.slice(start, stop)) brush.lineTo(...point);
      if (closed) brush.closePath();
      brush.stroke();
    }
  }
}

// Nothing that is not certain is told as 0 or 100%.
function percent(value) {
  if (value > 0 && value < 0.01) return "<1%";
  if (value > 0.99 && value < 1) return ">99%";
  return `${(100 * value).toFixed(0)}%`;
}

function cell(row, name, arm) {
  const value = row?.probabilities[name];
  if (value === undefined) return make("td", {}, "–");
  const bar = make("i", {class: `arm-${arm}`}), track = make("div", {class: "bar", "aria-hidden": "true"}, bar);
  bar.style.width = `${100 * value}%`;
  const told = make("td", {class: row.label === name ? "best" : ""},
    make("div", {class: "value"}, make("span", {}, percent(value)), track));
  const spread = row.spread?.[name];
  if (spread !== undefined) {
    const [low, high] = [Math.max(0, value - spread), Math.min(1, value + spread)], line = make("b");
    line.style.left = `${100 * low}%`;
    line.style.width = `${100 * (high - low)}%`;
    track.append(line);
    told.title = `± ${percent(spread)} between the networks`;
  }
  return told;
}

function card(person, place) {
  const classes = [...new Set(data.bundles.flatMap(bundle => bundle.classes))];
  const number = make("span", {class: "number"}, String(place + 1));
  number.style.background = colour(person, place);
  const head = make("tr", {}, make("th", {scope: "col"}, "Expression"), ...data.bundles.map((bundle, arm) =>
    make("th", {scope: "col"}, make("i", {class: `arm arm-${arm}`, "aria-hidden": "true"}), ` ${bundle.name}`,
      make("b", {}, person.rows[arm]?.label ?? "no such face"))));
  const body = classes.map(name => make("tr", {}, make("th", {scope: "row"}, name),
    ...person.rows.map((row, arm) => cell(row, name, arm))));
  return make("li", {class: "face"},
    make("h3", {}, number, person.found ? `Face ${place + 1}` : "Whole picture"),
    make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}

// Show what was answered about a picture.
function render(answer) {
  const found = people(answer.answers), text = summary(answer.answers, found);
  Object.assign(shown, {width: answer.width, height: answer.height, people: found});
  paint();
  canvas.setAttribute("aria-label", `The picture. ${text}`);
  get("faces").replaceChildren(...found.map(card));
  get("faces-title").hidden = !found.length;
  return text;
}

get("marks").addEventListener("change", paint);
addEventListener("resize", paint);
