/**
 * A diagram for reading.
 *
 * Data: {xml | xml_url, tokens: [{element, label?, state?}], passed: [element], flows: [flow],
 * findings: [{element, severity, message}], hours: {element: text}, measures: [{element, word, label, text}]}.
 * state: open, waiting, late. word: over, tight, within, or another that has no colour.
 */
import { addBadge, addMeasure, followPage, look, markFindings, markMoment, showDiagram } from "../lib/canvas.js";

export async function mount(element, data) {
  const viewer = await showDiagram(element, data);
  markMoment(viewer, data);
  markFindings(viewer, data.findings ?? []);
  for (const [id, text] of Object.entries(data.hours ?? {})) addBadge(viewer, id, "od-hours", text, { bottom: -2, left: 4 });
  for (const measure of data.measures ?? []) addMeasure(viewer, measure);
  look(viewer, data.tokens?.[0]?.element);
  followPage(viewer);
}
