import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/** Fields that do something on change: data-submit sends the form, data-file-list lists the files chosen. */
export function fields() {
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field.matches("[data-submit]")) field.form.requestSubmit();
    if (field.matches("[data-file-list]")) listFiles(field);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    const copy = event.target.closest("[data-copy]");
    if (copy) copyText(copy);
  });
}

function listFiles(field) {
  const list = document.getElementById(field.dataset.fileList);
  const limit = Number(field.dataset.maxMb ?? 0) * 1024 * 1024;
  list?.replaceChildren(...[...field.files].map((file) => fileLine(file, limit)));
}

function fileLine(file, limit) {
  const isTooBig = limit > 0 && file.size > limit;
  const size = h("span", { class: "files-size" }, sizeText(file.size));
  return h("li", { class: isTooBig && "is-too-big" }, file.name, size, isTooBig && h("strong", {}, t("Too big, at most {limit}", { limit: sizeText(limit) })));
}

function sizeText(bytes) {
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  return bytes < 1024 * 1024 ? `${number.format(Math.ceil(bytes / 1024))} KB` : `${number.format(bytes / 1024 / 1024)} MB`;
}

/** `data-copy="text"`; the button says so for as long as it has the focus. */
async function copyText(button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return;
  }
  button.textContent = t("Copied");
  button.addEventListener("blur", () => { button.textContent = before; }, { once: true });
}
