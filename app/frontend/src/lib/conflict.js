/** What a person can do whose work was refused because somebody else has saved: keep it, put it on top, or see theirs. */
import { setUnsaved } from "../behaviours/unsaved.js";
import { button, h } from "./dom.js";
import { t } from "./i18n.js";

const CHANGED = "DraftChanged";

/**
 * A box for the refusal, or null when it was refused for another reason. `own()` gives {name, text} of the work in the
 * page, `overwrite(revision)` saves it on top of that revision; `owner` is what holds the page while it is unsaved.
 */
export function conflictBox(error, { own, overwrite, owner }) {
  const { code, details } = error.body?.error ?? {};
  if (code !== CHANGED) return null;
  const keep = async () => save(await own());
  const reload = async () => {
    await keep();
    setUnsaved(owner, false);
    location.reload();
  };
  const box = h("div", { class: "modeler-conflict", role: "alert" },
    h("p", {}, h("strong", {}, error.message), " ", t("Your own work is still here; nothing of it is lost.")),
    h("div", { class: "actions" },
      button(t("Download mine"), keep),
      button(t("See theirs in a new window"), () => window.open(location.href, "_blank", "noopener")),
      button(t("Download mine and load theirs"), reload),
      button(t("Replace theirs with mine"), () => overwrite(details.revision), { class: "btn btn-sm btn-outline-danger" })));
  box.tabIndex = -1;
  return box;
}

function save({ name, text }) {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: "application/octet-stream" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
