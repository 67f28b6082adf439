/**
 * The form editor, with the kinds of fields that the platform checks and keeps.
 *
 * Data: {schema, url_save, revision, readonly}. Saving: PUT url_save {schema, revision} → {revision}.
 */
import { FormEditor } from "@bpmn-io/form-js-editor";
import { Form } from "@bpmn-io/form-js-viewer";
import { setUnsaved } from "../behaviours/unsaved.js";
import { formEditor as words } from "../i18n/vi-form-editor.js";
import { conflictBox } from "../lib/conflict.js";
import { button, h } from "../lib/dom.js";
import { send } from "../lib/http.js";
import { t, translateModule } from "../lib/i18n.js";
import { inEnglish } from "../lib/localized.js";
import { reword } from "../lib/wording.js";

const TYPES = new Set([
  "default", "textfield", "textarea", "number", "checkbox", "radio", "select", "checklist", "taglist", "datetime", "expression",
  "group", "dynamiclist", "text", "separator", "spacer",
]);
/** What a person wrote in the form is never reworded. */
const OWN_TEXTS = ".fjs-form, .bio-properties-panel-header-label, .cm-content";

export async function mount(element, data) {
  if (data.readonly) {
    const form = new Form({ container: element, additionalModules: [translateModule], properties: { readOnly: true } });
    await form.importSchema(data.schema, {});
    return;
  }
  const save = button(t("Save"), null, { class: "btn btn-sm btn-primary", title: "Ctrl+S" });
  const state = h("span", { class: "modeler-state", role: "status" }, t("Saved"));
  const place = h("div", { class: "form-editor-place bio-theme-parent" });
  const trouble = h("div");
  const preview = h("div", { class: "form-preview", hidden: true });
  const hint = h("p", { class: "form-editor-hint" }, t("English texts: custom properties en.label, en.description, en.text, en.values (labels joined by |)"));
  const views = [["Edit", null], ["Preview in Vietnamese", (schema) => schema], ["Preview in English", inEnglish]].map(([label, change], index) =>
    button(t(label), () => view(index, change), { "aria-pressed": String(!change) }));
  element.append(h("div", { class: "modeler-bar" }, save, ...views, state, hint), trouble, place, preview);
  const editor = new FormEditor({ container: place, additionalModules: [fieldsModule] });
  await editor.importSchema(data.schema);
  reword(place, words, OWN_TEXTS);
  let shown = null;
  const view = async (chosen, change) => {
    shown?.destroy();
    shown = null;
    place.hidden = Boolean(change);
    preview.hidden = !change;
    views.forEach((each, index) => each.setAttribute("aria-pressed", String(index === chosen)));
    if (!change) return;
    shown = new Form({ container: preview, additionalModules: [translateModule] });
    await shown.importSchema(change(editor.saveSchema()), {});
  };
  listen(editor, data, { save, state, trouble });
}

/** Takes the kinds that are not kept out of the palette, before it is drawn. */
function KeptFields(formFields) {
  for (const type of Object.keys(formFields._formFields)) if (!TYPES.has(type)) delete formFields._formFields[type];
}
KeptFields.$inject = ["formFields"];

const fieldsModule = { __init__: ["keptFields"], keptFields: ["type", KeptFields] };

function listen(editor, data, { save, state, trouble }) {
  let revision = data.revision;
  const show = (text, isDirty, look = "") => {
    setUnsaved(editor, isDirty);
    state.textContent = text;
    state.className = `modeler-state ${look}`;
  };
  const own = () => ({ name: `${data.schema.id ?? "form"}.json`, text: JSON.stringify(editor.saveSchema(), null, 2) });
  const refuse = (error) => {
    const box = conflictBox(error, { own, overwrite: store, owner: editor });
    show(box ? t("Not saved yet") : error.message, true, "is-wrong");
    trouble.replaceChildren(box ?? "");
    box?.focus();
  };
  const store = async (at = revision) => {
    save.disabled = true;
    try {
      const saved = await send("PUT", data.url_save, { schema: editor.saveSchema(), revision: at });
      revision = saved.revision;
      trouble.replaceChildren();
      for (const field of document.querySelectorAll("input[name=revision]")) field.value = revision;
      show(t("Saved"), false);
    } catch (error) {
      refuse(error);
    } finally {
      save.disabled = false;
    }
  };
  editor.on("commandStack.changed", () => show(t("Not saved yet"), true, "is-dirty"));
  save.addEventListener("click", () => store());
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    store();
  });
}
