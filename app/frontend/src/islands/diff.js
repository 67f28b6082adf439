/**
 * Two versions of a diagram side by side, what differs marked by colour and said in words.
 *
 * Data: {old_xml, new_xml, old_title?, new_title?}.
 */
import { diff } from "bpmn-js-differ";
import { addMark, fit, showDiagram, showElement } from "../lib/canvas.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { changesOf, wordOf } from "../lib/differences.js";

export async function mount(element, data) {
  const before = h("div", { class: "diff-canvas" });
  const after = h("div", { class: "diff-canvas" });
  const list = h("ul", { class: "diff-list" });
  element.append(
    h("div", { class: "diff-sides" }, side(data.old_title ?? t("Before"), before), side(data.new_title ?? t("After"), after)),
    h("section", { class: "diff-words" }, h("h2", {}, t("What differs")), list),
  );
  const viewers = [await showDiagram(before, { xml: data.old_xml }), await showDiagram(after, { xml: data.new_xml })];
  const changes = changesOf(diff(viewers[0].getDefinitions(), viewers[1].getDefinitions()), viewers[0].getDefinitions(), viewers[1].getDefinitions());
  for (const change of changes) mark(viewers, change);
  list.replaceChildren(...(changes.length ? changes.map((change) => line(viewers, change)) : [h("li", {}, t("The two diagrams are the same."))]));
  viewers.forEach((viewer) => fit(viewer));
  moveTogether(viewers);
}

function side(title, canvas) {
  return h("section", { class: "diff-side" }, h("h2", {}, title), canvas);
}

function mark([before, after], { id, kind }) {
  if (kind !== "added") addMark(before, id, `od-${kind}`);
  if (kind !== "removed") addMark(after, id, `od-${kind}`);
}

function line(viewers, change) {
  const show = () => viewers.forEach((viewer) => showElement(viewer, change.id));
  const name = h("button", { type: "button", class: "link-button", onclick: show }, change.name);
  const details = change.details.map((detail) => h("li", {}, detail));
  return h("li", {}, h("span", { class: `diff-word diff-${change.kind}` }, wordOf(change.kind)), " ", name, details.length ? h("ul", {}, details) : null);
}

/** Moving one diagram moves the other. */
function moveTogether(viewers) {
  let isFollowing = false;
  viewers.forEach((viewer, index) => viewer.on("canvas.viewbox.changed", ({ viewbox }) => {
    if (isFollowing) return;
    isFollowing = true;
    const { x, y, width, height } = viewbox;
    viewers[1 - index].get("canvas").viewbox({ x, y, width, height });
    isFollowing = false;
  }));
}
