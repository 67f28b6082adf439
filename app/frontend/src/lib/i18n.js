/** Texts of the scripts: English in the source, Vietnamese from the dictionary. */
import { vi } from "../i18n/vi.js";

export const language = document.documentElement.lang === "en" ? "en" : "vi";

/** The reader's text; `{name}` places are filled from `values`. */
export function t(text, values = {}) {
  const template = language === "vi" ? (vi[text] ?? text) : text;
  return template.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/** A didi module that lets bpmn.io's libraries speak the reader's language. */
export const translateModule = { translate: ["value", t] };

/** The reader's one of a text in two languages. */
export function pick(value) {
  return typeof value === "object" && value !== null ? (value[language] ?? value.vi ?? "") : (value ?? "");
}
