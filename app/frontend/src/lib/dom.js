/**
 * Makes an element. Properties beginning with `on` are listeners, `class` and everything else are attributes;
 * false, null and undefined leave an attribute away.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A button that submits nothing by itself. */
export function button(label, onclick, properties = {}) {
  return h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick, ...properties }, label);
}

/** Whether the person is writing somewhere, so that single letters are not commands. */
export function isWriting(event) {
  const target = event.target;
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select"));
}

/** Loads a style sheet once and waits for it, so that nothing is measured before it is styled. */
export function loadStyle(url) {
  const known = document.querySelector(`link[data-style="${url}"]`);
  if (known) return Promise.resolve();
  return new Promise((resolve) => {
    const link = h("link", { rel: "stylesheet", href: url, "data-style": url, onload: resolve, onerror: resolve });
    document.head.append(link);
  });
}
