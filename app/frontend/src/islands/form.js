/**
 * A form-js form inside an ordinary `<form method="post">`.
 *
 * Data: {schema, data, errors: [{path, message}], readonly, name = "form"}. `path` is the place of the value, such as
 * `owner_name` or `members[0].name`; an error without a field of that path stands above the form. On submit the form
 * is checked, the first error gets the focus, and the answers go as JSON in the hidden input `name`. A submit button
 * with `formnovalidate` (saving a draft) sends them unchecked. The outer form hears `filled` at first and `answers` at each change.
 * Inside `<form data-preview>` it only shows how the form behaves.
 */
import { Form } from "@bpmn-io/form-js-viewer";
import flatpickr from "flatpickr";
import { Vietnamese } from "flatpickr/dist/l10n/vn.js";
import { setUnsaved } from "../behaviours/unsaved.js";
import { h } from "../lib/dom.js";
import { language, t, translateModule } from "../lib/i18n.js";
import { rowButtons } from "../i18n/vi-forms.js";
import { reword } from "../lib/wording.js";

if (language === "vi") flatpickr.localize(Vietnamese);

export async function mount(element, { schema, data, errors = [], readonly = false, name = "form" }) {
  // Left to wait before it takes a value, form-js loses what is typed into a field while another one is drawn again.
  const form = new Form({ container: element, additionalModules: [translateModule], debounce: false, properties: { readOnly: readonly } });
  await form.importSchema(schema, data);
  reword(element, rowButtons);
  const outer = element.closest("form");
  if (!readonly && outer) bind(form, element, outer, name);
  if (errors.length) showErrors(form, element, errors);
}

function bind(form, element, outer, name) {
  if (outer.matches("[data-preview]")) {
    outer.addEventListener("submit", (event) => event.preventDefault());
    return;
  }
  const hidden = h("input", { type: "hidden", name });
  element.after(hidden);
  const tell = (name) => setTimeout(() => outer.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: form._getSubmitData() })));
  tell("filled");
  form.on("field.updated", () => {
    setUnsaved(outer, true);
    tell("answers");
  });
  outer.addEventListener("submit", (event) => {
    if (event.target !== outer) return;
    const { data, errors } = form.submit();
    if (Object.keys(errors).length && !event.submitter?.formNoValidate) {
      event.preventDefault();
      focusFirstError(element);
      return;
    }
    hidden.value = JSON.stringify(data);
  });
}

/** Puts what the server found at the fields; what has no field is listed above the form. */
function showErrors(form, element, errors) {
  const fields = fieldsByPath(form);
  const shown = {};
  const homeless = errors.filter((error) => !place(shown, fields.get(normal(error.path)), error.message));
  form._setState({ errors: shown });
  if (homeless.length) element.prepend(summary(homeless));
  focusFirstError(element);
}

function fieldsByPath(form) {
  const instances = form.get("formFieldInstanceRegistry").getAllKeyed();
  return new Map(instances.map((instance) => [instance.valuePath.join("."), instance]));
}

function normal(path) {
  return String(path ?? "").split(/[.[\]]+/).filter(Boolean).join(".");
}

/** form-js keeps errors by field id and, inside repeated groups, by the rows' indexes. */
function place(shown, instance, message) {
  if (!instance) return false;
  const keys = [instance.id, ...Object.values(instance.indexes ?? {})];
  const last = keys.pop();
  const holder = keys.reduce((level, key) => (level[key] ??= {}), shown);
  holder[last] = [...(holder[last] ?? []), message];
  return true;
}

function summary(errors) {
  const lines = errors.map((error) => h("li", {}, error.path ? `${error.path}: ${error.message}` : error.message));
  return h("div", { class: "notice notice-danger", role: "alert" }, h("div", {}, h("p", { class: "notice-title" }, t("Something needs correcting")), h("ul", {}, lines)));
}

/** The errors are drawn after the next frame. */
function focusFirstError(element) {
  setTimeout(() => {
    const field = element.querySelector(".fjs-has-errors, .fjs-form-field-error, .notice-danger");
    field?.scrollIntoView({ block: "center" });
    field?.closest(".fjs-form-field")?.querySelector("input, textarea, select, button")?.focus({ preventScroll: true });
  }, 50);
}
