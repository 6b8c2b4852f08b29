// A picture that is chosen, dropped or pasted, on its way to the server; the latest counts.
let asking = null;

// What the server answers about the bytes of a picture; throws an Error that can be shown.
async function ask(blob, type, signal) {
  let response;
  try {
    response = await fetch("/predict", {method: "POST", body: blob, headers: {"Content-Type": type}, signal});
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Is mixedfer serve still running?");
  }
  const answer = await response.json().catch(() => ({error: `the server answered ${response.status}`, remedy: ""}));
  if (response.ok) return answer;
  throw new Error(`${sentence(answer.error)} ${answer.remedy ?? ""}`.trim());
}

function clear() {
  Object.assign(shown, {picture: null, width: 0, height: 0, people: []});
  canvas.hidden = true;
  get("hint").hidden = false;
  get("faces").replaceChildren();
  get("faces-title").hidden = true;
}

async function look(file) {
  release();
  asking?.abort();
  const mine = asking = new AbortController();
  clear();
  if (file.size > data.largest) {
    say("", `The picture has ${(file.size / 1e6).toFixed(0)} MB; at most ${data.largest / 1e6} MB are taken.`);
    return;
  }
  say("Looking for faces …", "", true);
  try {
    const picture = await createImageBitmap(file).catch(() => null);
    if (mine.signal.aborted) return;
    if (picture) Object.assign(shown, {picture, width: picture.width, height: picture.height});
    paint();
    const text = render(await ask(file, file.type.startsWith("image/") ? file.type : "application/octet-stream", mine.signal));
    say(picture ? text : `${text} The browser cannot show this kind of picture.`);
  } catch (error) {
    if (error.name === "AbortError") return;
    say("", error.message);
  }
}

get("file").addEventListener("change", event => {
  if (event.target.files.length) look(event.target.files[0]);
  event.target.value = "";
});

// A picture that misses the frame is taken as well: the browser would leave the page for it.
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, event => {
    event.preventDefault();
    get("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) look(event.dataTransfer.files[0]);
  });
}

document.addEventListener("paste", event => {
  if (event.clipboardData.files.length) look(event.clipboardData.files[0]);
});
