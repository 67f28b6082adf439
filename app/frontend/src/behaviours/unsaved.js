/** Forms marked data-unsaved, and islands that call `setUnsaved`, keep the page until their work is sent. */
const dirty = new Set();

export function setUnsaved(owner, isDirty) {
  if (isDirty) dirty.add(owner);
  else dirty.delete(owner);
}

export function unsaved() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-unsaved]");
    if (form) setUnsaved(form, true);
  });
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) setUnsaved(event.target, false);
  });
  window.addEventListener("beforeunload", (event) => {
    // Going back, the browser fills fields in again by itself; only what somebody typed is worth a question.
    if (dirty.size && navigator.userActivation?.hasBeenActive !== false) event.preventDefault();
  });
}
