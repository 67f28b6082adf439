import { h } from "../lib/dom.js";
import { send } from "../lib/http.js";
import { t } from "../lib/i18n.js";
import { timeOfDay } from "../lib/times.js";
import { setUnsaved } from "./unsaved.js";

/**
 * What happens while a form island is being filled (its event `answers` carries the answers so far):
 * `data-draft-url` keeps a draft with PUT {form}; `data-papers-url` asks with POST {…, form} which papers are
 * {required: [code]} now and shows it at each `.paper[data-component]`.
 */
const DRAFT_DELAY = 2500;
const PAPERS_DELAY = 400;
const timers = new WeakMap();

export function answers() {
  document.addEventListener("answers", ({ target: form, detail }) => {
    if (form.dataset.draftUrl) later(form, "draft", DRAFT_DELAY, () => keepDraft(form, detail));
    if (form.dataset.papersUrl) later(form, "papers", PAPERS_DELAY, () => askPapers(form, detail));
  });
  document.addEventListener("submit", ({ target }) => clear(target));
}

function later(form, name, delay, action) {
  const own = timers.get(form) ?? {};
  clearTimeout(own[name]);
  own[name] = setTimeout(action, delay);
  timers.set(form, own);
}

function clear(form) {
  Object.values(timers.get(form) ?? {}).forEach(clearTimeout);
}

async function keepDraft(form, values) {
  try {
    await send("PUT", form.dataset.draftUrl, { form: values });
    setUnsaved(form, false);
    say(form, t("Draft kept at {time}", { time: timeOfDay() }));
  } catch (error) {
    say(form, error.message);
  }
}

function say(form, text) {
  const place = form.querySelector(".draft-state") ?? h("span", { class: "draft-state", role: "status" });
  if (!place.isConnected) form.querySelector(".actions")?.append(place);
  place.textContent = text;
}

async function askPapers(form, values) {
  const given = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  given.set("form", JSON.stringify(values));
  const token = document.querySelector("[data-csrf] input[type=hidden]")?.value ?? "";
  const answer = await fetch(form.dataset.papersUrl, { method: "POST", body: given, headers: { "X-CSRFToken": token, Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) showRequired(form, new Set((await answer.json()).required));
}

function showRequired(form, required) {
  for (const paper of form.querySelectorAll(".paper[data-component]")) {
    const isRequired = required.has(paper.dataset.component);
    paper.querySelector(".paper-required")?.toggleAttribute("hidden", !isRequired);
    paper.querySelector(".paper-optional")?.toggleAttribute("hidden", isRequired);
  }
}
