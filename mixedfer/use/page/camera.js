// The camera: one frame after the other, each sent when the one before was answered, a few per second at most.
const PAUSE = 250, SIDE = 960, QUALITY = 0.85;
const WHY = {
  NotAllowedError: "The camera was not allowed. Allow it for this page in the browser, then try again.",
  NotFoundError: "There is no camera.",
  NotReadableError: "The camera is in use by another program.",
};
const video = get("video");
let stream = null;

function release() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = video.srcObject = null;
  get("stop").hidden = true;
  get("camera").hidden = false;
}

async function start() {
  asking?.abort();
  const mine = asking = new AbortController();
  if (!navigator.mediaDevices) {
    say("", "The browser gives the camera only to pages of this machine (localhost), or over https.");
    return;
  }
  say("Starting the camera …", "", true);
  try {
    const given = await navigator.mediaDevices.getUserMedia({video: {width: {ideal: SIDE}}, audio: false});
    if (mine.signal.aborted) {
      for (const track of given.getTracks()) track.stop();
      return;
    }
    stream = video.srcObject = given;
    get("camera").hidden = true;
    get("stop").hidden = false;
    get("stop").focus();
    for (const track of given.getTracks()) track.addEventListener("ended", () => stream === given && finish("The camera is gone."));
    await video.play();
    await watch(given, mine.signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    release();
    say("", WHY[error.name] ?? (error instanceof DOMException ? `The camera does not work: ${error.message}` : error.message));
  }
}

async function watch(given, signal) {
  clear();
  while (stream === given && !signal.aborted) {
    const frame = snapshot(), blob = await new Promise(done => frame.toBlob(done, "image/jpeg", QUALITY));
    const began = performance.now();
    const answer = await ask(blob, "image/jpeg", signal);
    if (stream !== given) return;
    shown.picture = frame;
    say(render(answer));
    await new Promise(done => setTimeout(done, Math.max(0, PAUSE - (performance.now() - began))));
  }
}

function snapshot() {
  const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight)), frame = document.createElement("canvas");
  frame.width = Math.round(video.videoWidth * scale);
  frame.height = Math.round(video.videoHeight * scale);
  frame.getContext("2d").drawImage(video, 0, 0, frame.width, frame.height);
  return frame;
}

function finish(trouble = "") {
  asking?.abort();
  release();
  say(trouble ? "" : "The camera is off.", trouble);
  get("camera").focus();
}

get("camera").addEventListener("click", start);
get("stop").addEventListener("click", () => finish());
