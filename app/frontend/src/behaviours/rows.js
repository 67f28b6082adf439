import { isWriting } from "../lib/dom.js";

/**
 * Lists for the keyboard: in `<table data-keys>` j and k go up and down, Enter opens the row, x chooses it; a letter
 * in data-key presses that button of the row. A click on a row with data-row-link opens it.
 */
export function rows() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("auxclick", onClick);
  document.addEventListener("change", (event) => event.target.matches("[data-batch]") && showBatch());
  showBatch();
}

function onKey(event) {
  const table = document.querySelector("table[data-keys]");
  if (!table || isWriting(event) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const here = table.querySelector("tr.is-here");
  if (event.key === "j" || event.key === "k") move(table, here, event.key === "j" ? 1 : -1, event);
  else if (here && event.key === "Enter" && (event.target === here || event.target === document.body)) location.assign(here.dataset.rowLink);
  else if (here && event.key === "x") here.querySelector("[data-batch]")?.click();
}

function move(table, here, by, event) {
  const all = [...table.querySelectorAll("tbody tr[data-row-link]")];
  if (!all.length) return;
  const next = all[Math.min(Math.max(all.indexOf(here) + by, 0), all.length - 1)];
  here?.classList.remove("is-here");
  next.classList.add("is-here");
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  event.preventDefault();
}

function onClick(event) {
  const row = event.target.closest("tr[data-row-link]");
  if (!row || event.target.closest("a, button, input, label, select, form") || getSelection().toString()) return;
  if (event.ctrlKey || event.metaKey || event.button === 1) window.open(row.dataset.rowLink, "_blank", "noopener");
  else if (event.button === 0) location.assign(row.dataset.rowLink);
}

/** The bar for what can be done with the chosen rows comes with the first of them. */
function showBatch() {
  const bar = document.querySelector("[data-batch-bar]");
  if (!bar) return;
  const chosen = document.querySelectorAll("[data-batch]:checked").length;
  bar.hidden = chosen === 0;
  const count = bar.querySelector("[data-batch-count]");
  if (count) count.textContent = String(chosen);
}
