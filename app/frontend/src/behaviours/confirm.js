/** `data-confirm="question"` on a form or a submit button asks in the page's dialog before anything is sent. */
export function confirmations() {
  document.addEventListener("submit", ask, true);
}

function ask(event) {
  const form = event.target;
  const submitter = event.submitter;
  const question = submitter?.dataset.confirm ?? form.dataset.confirm;
  const dialog = document.getElementById("confirm");
  if (!question || !dialog || form.dataset.confirmed === "yes") {
    delete form.dataset.confirmed;
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  dialog.querySelector("p").textContent = question;
  dialog.returnValue = "no";
  dialog.addEventListener("close", () => answer(dialog, form, submitter), { once: true });
  dialog.showModal();
}

function answer(dialog, form, submitter) {
  if (dialog.returnValue !== "yes") {
    submitter?.focus();
    return;
  }
  form.dataset.confirmed = "yes";
  form.requestSubmit(submitter);
  delete form.dataset.confirmed;
}
