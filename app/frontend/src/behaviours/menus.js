/** The sections' button on narrow screens, and menus that close when one looks elsewhere. */
export function menus() {
  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-toggle]");
    if (toggle) toggleTarget(toggle);
    closeMenus(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus(null);
  });
}

function toggleTarget(toggle) {
  const target = document.getElementById(toggle.dataset.toggle);
  const isOpen = target.classList.toggle("is-open");
  toggle.setAttribute("aria-expanded", String(isOpen));
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu.contains(except)) continue;
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus && except === null) menu.querySelector("summary").focus();
  }
}
