import { isWriting } from "../lib/dom.js";

/** `/` goes to the search box; a letter in data-key presses its button or link, first in the row one is in, then in the page, then around it. */
export function shortcuts() {
  document.addEventListener("keydown", (event) => {
    if (isWriting(event) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const target = event.key === "/" ? document.querySelector("[data-search]") : keyed(event.key);
    if (!target) return;
    event.preventDefault();
    if (event.key === "/") target.select();
    else target.click();
  });
}

function keyed(key) {
  if (!/^[a-z]$/.test(key)) return null;
  const selector = `[data-key="${key}"]`;
  const inRow = document.querySelector(`tr.is-here ${selector}`);
  const pressable = [...document.querySelectorAll(selector)].filter((element) => !element.closest("tr") && element.checkVisibility());
  return inRow ?? pressable.find((element) => element.closest("main")) ?? pressable[0];
}
