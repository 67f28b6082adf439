/**
 * The history of a dossier on the diagram of its version, moment by moment.
 *
 * Data: {xml | xml_url | drawn: {version: xml}, moments: [{seq, at, title, who?, version?, tokens, passed, flows,
 * rows?: [[label, value]], notes?: [text]}]}. A moment of another version is shown on that version's diagram.
 * `at` is an ISO time. A moment is linked by its number: `…#12`. Arrow keys, Home and End move on the slider.
 */
import { keepInSight, look, markMoment, showDiagram } from "../lib/canvas.js";
import { button, h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { moment as momentText } from "../lib/times.js";

const SPEEDS = [[1, "Slow"], [2, "Medium"], [4, "Fast"]];
const SLOWEST = 4000;

export async function mount(element, data) {
  if (!data.moments.length) {
    element.append(h("p", { class: "empty-state" }, t("Nothing has happened yet.")));
    return;
  }
  const parts = layout(data.moments);
  element.append(parts.root);
  const viewers = await diagrams(parts.canvas, data);
  const player = new Player(viewers, parts, data.moments);
  player.listen();
  player.go(player.indexFromAddress(), false);
}

/** A viewer for each version that the dossier ran on; one is shown at a time. */
async function diagrams(canvas, data) {
  const viewers = new Map();
  for (const version of new Set(data.moments.map((moment) => moment.version))) {
    const place = h("div", { class: "replay-version" });
    canvas.append(place);
    viewers.set(version, { place, viewer: await showDiagram(place, { ...data, xml: data.drawn?.[version] ?? data.xml }) });
  }
  return viewers;
}

function layout(moments) {
  const slider = h("input", { type: "range", class: "form-range", min: 0, max: moments.length - 1, value: 0, step: 1, "aria-label": t("Moment of the history") });
  const parts = {
    canvas: h("div", { class: "replay-canvas" }),
    slider,
    first: button("|◀", null, { "aria-label": t("First moment") }),
    back: button("◀", null, { "aria-label": t("One back") }),
    next: button("▶", null, { "aria-label": t("One forward") }),
    last: button("▶|", null, { "aria-label": t("Last moment") }),
    play: button(t("Play"), null, { "aria-pressed": "false" }),
    speed: h("select", { class: "form-select form-select-sm", "aria-label": t("Speed") }, SPEEDS.map(([value, name]) => h("option", { value }, t(name)))),
    place: h("output", { class: "replay-place" }),
    text: h("div", { class: "replay-text", "aria-live": "polite" }),
    list: h("ol", { class: "replay-list" }, moments.map(listLine)),
  };
  const controls = h("div", { class: "replay-controls" }, parts.first, parts.back, parts.next, parts.last, slider, parts.place, parts.play, parts.speed);
  const stage = h("div", { class: "replay-stage" }, parts.canvas, controls);
  parts.root = h("div", { class: "replay" }, stage, h("div", { class: "replay-side" }, parts.text, parts.list));
  return parts;
}

function listLine(moment) {
  return h("li", {}, h("a", { href: `#${moment.seq}` }, h("span", { class: "replay-seq" }, String(moment.seq)), h("span", {}, moment.title), h("time", { datetime: moment.at }, momentText(moment.at))));
}

class Player {
  constructor(viewers, parts, moments) {
    Object.assign(this, { viewers, parts, moments, index: 0, timer: null, shown: null });
  }

  /** The viewer of a moment's version, alone in sight; at its first sight it looks where the work is. */
  viewerOf(moment) {
    const { viewer } = this.viewers.get(moment.version);
    if (this.shown === viewer) return viewer;
    for (const each of this.viewers.values()) each.place.hidden = each.viewer !== viewer;
    viewer.get("canvas").resized();
    look(viewer, placeOf(moment));
    this.shown = viewer;
    return viewer;
  }

  listen() {
    const { parts } = this;
    parts.first.addEventListener("click", () => this.go(0));
    parts.back.addEventListener("click", () => this.go(this.index - 1));
    parts.next.addEventListener("click", () => this.go(this.index + 1));
    parts.last.addEventListener("click", () => this.go(this.moments.length - 1));
    parts.slider.addEventListener("input", () => this.go(Number(parts.slider.value)));
    parts.play.addEventListener("click", () => (this.timer ? this.pause() : this.start()));
    parts.speed.addEventListener("change", () => { if (this.timer) this.start(); });
    window.addEventListener("hashchange", () => this.go(this.indexFromAddress(), false));
  }

  /** The moment that the address names; without one, the latest. */
  indexFromAddress() {
    const found = this.moments.findIndex((moment) => `#${moment.seq}` === location.hash);
    return found < 0 ? this.moments.length - 1 : found;
  }

  go(index, keepInAddress = true) {
    this.index = Math.min(Math.max(index, 0), this.moments.length - 1);
    const moment = this.moments[this.index];
    if (keepInAddress) history.replaceState(history.state, "", `#${moment.seq}`);
    const viewer = this.viewerOf(moment);
    markMoment(viewer, moment);
    keepInSight(viewer, placeOf(moment));
    this.showControls(moment);
    this.parts.text.replaceChildren(...momentParts(moment));
  }

  showControls(moment) {
    const { parts } = this;
    parts.slider.value = this.index;
    parts.slider.setAttribute("aria-valuetext", `${moment.seq}: ${moment.title}`);
    parts.place.textContent = `${this.index + 1} / ${this.moments.length}`;
    parts.first.disabled = parts.back.disabled = this.index === 0;
    parts.next.disabled = parts.last.disabled = this.index === this.moments.length - 1;
    [...parts.list.children].forEach((line, index) => line.firstChild.toggleAttribute("aria-current", index === this.index));
    this.showInList(parts.list.children[this.index]);
    if (this.index === this.moments.length - 1) this.pause();
  }

  /** Scrolls the list only; the page stays where it is. */
  showInList(line) {
    const { list } = this.parts;
    const top = line.offsetTop - list.offsetTop;
    if (top < list.scrollTop || top + line.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 3;
  }

  start() {
    clearInterval(this.timer);
    if (this.index === this.moments.length - 1) this.go(0);
    this.timer = setInterval(() => this.go(this.index + 1), SLOWEST / Number(this.parts.speed.value));
    this.showPlaying(true);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.showPlaying(false);
  }

  showPlaying(isPlaying) {
    this.parts.play.textContent = t(isPlaying ? "Pause" : "Play");
    this.parts.play.setAttribute("aria-pressed", String(isPlaying));
  }
}

/** Where a moment happens: at its first open step, or at the last element that was passed. */
function placeOf({ tokens = [], passed = [] }) {
  return tokens[0]?.element ?? passed.at(-1);
}

function momentParts(moment) {
  const rows = (moment.rows ?? []).map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value === "" || value == null ? "–" : String(value))));
  return [
    h("h2", {}, `${moment.seq}. ${moment.title}`),
    h("p", { class: "replay-when" }, [momentText(moment.at), moment.who].filter(Boolean).join(" · ")),
    ...(moment.notes ?? []).map((note) => h("p", { class: "replay-note" }, note)),
    rows.length ? h("dl", { class: "facts" }, rows) : "",
  ];
}
