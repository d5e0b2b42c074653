// The board of tickets: the mouse drags a card into another column, which does what the card's “Move” menu does. The
// keyboard and touch use that menu.
(() => {
  "use strict";

  const columnOf = (event) => event.target.closest?.(".tk-column");
  const way = (card, column) => card.querySelector(`.tk-move button[value="${column.dataset.progress}"]`);
  document.getElementById("board")?.classList.add("tk-drags");

  // ---- Dragging ----------------------------------------------------------------------------------------------------

  let pressed = false;
  let dragged = null;
  let astray = false;
  let follows = "";
  // The form of a card that was dropped -> where the card was: until the portal has answered.
  const moving = new Map();
  const waits = () => {
    for (const form of moving.keys()) if (!form.isConnected) moving.delete(form); // another list has come meanwhile
    return moving.size > 0;
  };
  const mark = (column) => document.querySelectorAll(".tk-column").forEach((one) => one.classList.toggle("tk-over", one === column));

  // A finger scrolls; and what is pressed is not dragged.
  document.addEventListener("pointerdown", (event) => {
    const card = event.target.closest?.("[data-drag]");
    if (!card) return;
    card.draggable = event.pointerType === "mouse" && !event.target.closest("button, summary");
    pressed = card.draggable;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => { pressed = false; catchUp(); });
  }
  document.addEventListener("dragstart", (event) => {
    const card = event.target.closest?.("[data-drag]");
    if (!card?.draggable) return;
    if (card.matches(".tk-moving")) {
      event.preventDefault();
      return;
    }
    dragged = card;
    const box = card.getBoundingClientRect();
    event.dataTransfer.clearData();
    event.dataTransfer.setData("text/plain", `#${card.dataset.drag}`);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setDragImage(card, event.clientX - box.left, event.clientY - box.top);
    setTimeout(() => card.classList.add("tk-dragged"));
  });
  document.addEventListener("dragover", (event) => {
    if (!dragged) return;
    const column = columnOf(event);
    const open = Boolean(column && way(dragged, column));
    if (open) {
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
    }
    mark(open ? column : null);
  });
  document.addEventListener("drop", (event) => {
    const column = dragged && columnOf(event);
    const button = column && way(dragged, column);
    if (!button) return;
    event.preventDefault();
    astray = true;
    const line = dragged.closest("li");
    moving.set(button.form, { card: dragged, line, list: line.parentElement, next: line.nextElementSibling });
    dragged.classList.add("tk-moving");
    const cards = column.querySelector(".tk-cards");
    if (column.dataset.progress === "done") cards.prepend(line);
    else cards.append(line);
    button.click();
  });
  document.addEventListener("dragend", () => {
    pressed = false;
    dragged?.classList.remove("tk-dragged");
    dragged = null;
    mark(null);
    catchUp();
  });

  // Nothing was changed: the card is again where it was. Why is said by a message.
  const back = (form) => {
    const was = moving.get(form);
    if (!was) return;
    was.list.insertBefore(was.line, was.next);
    was.card.classList.remove("tk-moving");
    moving.delete(form);
  };
  const stays = (form) => {
    follows = "";
    back(form);
  };
  document.addEventListener("ticketStays", (event) => stays(event.target));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (form.id === "live") return;
    if (!event.detail.successful) stays(form);
    moving.delete(form);
    catchUp();
  });

  // ---- What reads itself anew ----------------------------------------------------------------------------------------

  // Not under the hand of somebody who drags or begins to, nor with what was so before a card was dropped.
  const may = window.daybreakMayRefresh;
  let missed = false;
  window.daybreakMayRefresh = () => {
    const free = !pressed && !dragged && !waits();
    missed ||= !free;
    return free && may();
  };
  const catchUp = () => setTimeout(() => {
    if (!missed || !window.daybreakMayRefresh()) return;
    missed = false;
    htmx.trigger("#live", "missed");
  });
  // A look that began before something was done may not know of it.
  let deeds = 0;
  const isLook = (event) => event.detail.elt.id === "live";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isLook(event)) event.detail.requestConfig.deeds = deeds;
    else deeds += 1;
  });
  // A card stands where this page has put it: also what reads as before is to be sent then.
  document.addEventListener("htmx:configRequest", (event) => {
    if (isLook(event) && astray) event.detail.path = event.detail.path.replace(/\bseen=\w*/, "seen=");
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => { if (!isLook(event)) deeds += 1; });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const asked = event.detail.requestConfig;
    if (asked?.elt.id !== "live") return;
    if (asked.deeds === deeds) {
      if (event.detail.shouldSwap) astray = false;
      return;
    }
    event.detail.shouldSwap = false;
    missed = true;
    catchUp();
  });

  // ---- The menu of a card --------------------------------------------------------------------------------------------

  // The keyboard goes with the card (`follows`: its number), so that it can be moved on.
  document.addEventListener("submit", (event) => {
    const menu = event.target.closest(".tk-move");
    if (menu?.contains(document.activeElement)) follows = menu.closest("[data-drag]").dataset.drag;
  });
  document.addEventListener("htmx:afterSettle", () => setTimeout(() => {
    const on = document.activeElement;
    const menu = follows && document.querySelector(`[data-drag="${follows}"] .tk-move:not([open]) > summary`);
    if (!menu) return;
    follows = "";
    if (!on || on === document.body || on.matches("[data-live]")) menu.focus();
  }));
  const shut = (except) => document.querySelectorAll(".tk-move[open]").forEach((menu) => (menu.open = menu === except));
  document.addEventListener("click", (event) => shut(event.target.closest(".tk-move")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.(".tk-move[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
