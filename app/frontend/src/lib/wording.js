/**
 * Words of a library that has no translator: texts, titles and placeholders inside `root` that are exactly a known
 * English text are written in the reader's language, also when the library draws them anew.
 */
import { language } from "./i18n.js";

const ATTRIBUTES = ["title", "placeholder", "aria-label", "data-title"];

export function reword(root, words, except) {
  if (language === "en") return;
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) rewordText(node, words, except);
    else if (node.nodeType === Node.ELEMENT_NODE) {
      rewordAttributes(node, words);
      node.childNodes.forEach(visit);
    }
  };
  visit(root);
  const observer = new MutationObserver((changes) => changes.forEach((change) => {
    if (change.type === "childList") change.addedNodes.forEach(visit);
    else visit(change.target);
  }));
  observer.observe(root, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });
}

function rewordText(node, words, except) {
  const word = words[node.data.trim()];
  if (word && !node.parentElement?.closest(except)) node.data = word;
}

function rewordAttributes(element, words) {
  for (const name of ATTRIBUTES) {
    const word = words[element.getAttribute(name)];
    if (word) element.setAttribute(name, word);
  }
}
