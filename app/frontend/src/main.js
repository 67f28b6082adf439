import htmx from "htmx.org";
import { answers } from "./behaviours/answers.js";
import { conclusions } from "./behaviours/conclusions.js";
import { confirmations } from "./behaviours/confirm.js";
import { fields } from "./behaviours/fields.js";
import { menus } from "./behaviours/menus.js";
import { rows } from "./behaviours/rows.js";
import { shortcuts } from "./behaviours/shortcuts.js";
import { tables } from "./behaviours/tables.js";
import { unsaved } from "./behaviours/unsaved.js";
import { mountIslands } from "./lib/mount.js";

answers();
conclusions();
confirmations();
fields();
menus();
rows();
shortcuts();
unsaved();
freshen(document);
htmx.onLoad(freshen);

/** Everything that has to look at elements which have just come into the page. */
function freshen(root) {
  tables(root);
  mountIslands(root);
  root.querySelector("[data-focus]")?.focus();
}
