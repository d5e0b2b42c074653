// What the pages need beyond htmx: dialogs, and live parts that neither flicker nor close what somebody opened.
(() => {
  "use strict";

  // Asked by hx-trigger before each refresh: not while hidden, not while somebody uses a dialog inside the live part.
  window.daybreakMayRefresh = () => !document.hidden && !document.querySelector("[data-live] dialog[open]");

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) {
      document.getElementById(opener.dataset.open)?.showModal();
      return;
    }
    const closer = event.target.closest("[data-close]");
    if (closer) {
      closer.closest("dialog").close();
      return;
    }
    // A click on the backdrop closes; one inside the form does not.
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });

  // A link to …#start or …#stop opens that dialog.
  document.addEventListener("DOMContentLoaded", () => {
    if (location.hash) document.getElementById(`dialog-${location.hash.slice(1)}`)?.showModal?.();
  });

  // Typing a time means choosing it.
  document.addEventListener("input", (event) => {
    const value = event.target.dataset?.chooses;
    if (value) event.target.closest("form").querySelector(`input[type=radio][value="${value}"]`).checked = true;
  });

  // One click is one wish: the button says so at once and cannot be pressed twice.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button && button.closest(".db-page, .db-dialog")) {
      button.setAttribute("aria-busy", "true");
      setTimeout(() => (button.disabled = true));
    }
  });

  // Folded and unfolded parts stay as they were when live data replaces them; so does the keyboard's place.
  const unfolded = new Map();
  let focused = "";
  document.addEventListener("htmx:beforeSwap", () => {
    document.querySelectorAll("[data-live] details[id]").forEach((part) => unfolded.set(part.id, part.open));
    focused = document.activeElement?.dataset?.open || "";
  });
  document.addEventListener("htmx:afterSwap", () => {
    unfolded.forEach((open, id) => {
      const part = document.getElementById(id);
      if (part) part.open = open;
    });
    if (focused) document.querySelector(`[data-live] [data-open="${focused}"]`)?.focus();
  });
})();
