// What the pages need beyond htmx: dialogs, and live parts that neither flicker nor close what somebody opened.
(() => {
  "use strict";

  // What the chat keeps in this tab (chat.js) is of who was signed in, wherever and however that ended.
  document.addEventListener("DOMContentLoaded", () => {
    if (document.getElementById("logout-form")) return;
    try { sessionStorage.removeItem("daybreak.chat"); } catch { /* Nothing is kept there. */ }
  });

  // Asked by hx-trigger before each refresh, and once more before its answer is shown: not while hidden, not while
  // somebody decides in a dialog.
  window.daybreakMayRefresh = () => !document.hidden && !document.querySelector("dialog[open]");

  // What was asked for before they opened it is asked for again when they have decided; all of it (the board too) when
  // the tab is shown again.
  const missed = new Set();
  const catchUp = () => setTimeout(() => {
    if (!window.daybreakMayRefresh()) return;
    missed.forEach((id) => htmx.trigger(`#${id}`, "missed"));
    missed.clear();
  });
  document.addEventListener("close", catchUp, true);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    document.querySelectorAll("[data-renews], [data-poll]").forEach((part) => missed.add(part.id));
    catchUp();
  });

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

  // A link to …#start, …#stop or …#keep opens that dialog, once: reloading the page does not.
  const openNamed = () => {
    const dialog = location.hash && document.getElementById(`dialog-${location.hash.slice(1)}`);
    if (!(dialog instanceof HTMLDialogElement)) return;
    history.replaceState(null, "", location.pathname + location.search);
    document.querySelectorAll("dialog[open]").forEach((other) => other.close());
    dialog.showModal();
  };
  document.addEventListener("DOMContentLoaded", openNamed);
  window.addEventListener("hashchange", openNamed);

  // Typing a time means choosing it.
  document.addEventListener("input", (event) => {
    const value = event.target.dataset?.chooses;
    if (value) event.target.closest("form").querySelector(`input[type=radio][value="${value}"]`).checked = true;
  });

  // Another choice here needs another form: fetch it, with what was filled in already.
  document.addEventListener("change", (event) => {
    if (!event.target.dataset?.reloads) return;
    const filled = new URLSearchParams();
    for (const name of ["environment", "kind", "identifier", "account", "region", "order"]) {
      const value = event.target.form.elements[name]?.value;
      if (value) filled.set(name, value);
    }
    location.search = filled.toString();
  });

  // One click is one wish: the button says so at once and cannot be pressed twice.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button && button.closest(".db-page, .db-dialog")) {
      button.setAttribute("aria-busy", "true");
      setTimeout(() => (button.disabled = true));
    }
  });

  // Coming back by the browser's history, the page is as it was left: its buttons must work again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll(".db-button[aria-busy]").forEach((button) => {
      button.removeAttribute("aria-busy");
      button.disabled = false;
    });
  });

  // Folded and unfolded parts stay as they were when live data replaces them; so does the keyboard's place, by the id of
  // what it is on. Where that is gone, it stays in the same part.
  const unfolded = new Map();
  let focused = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    // Signed out meanwhile: the sign-in page is a page, not a part of this one.
    if (event.detail.xhr?.responseURL?.includes("/login/")) {
      event.detail.shouldSwap = false;
      location.reload();
      return;
    }
    const asker = event.detail.requestConfig?.elt;
    if (asker?.matches("[data-renews]") && !window.daybreakMayRefresh()) {
      event.detail.shouldSwap = false;
      missed.add(asker.id);
      return;
    }
    document.querySelectorAll("[data-live] details[id]").forEach((part) => unfolded.set(part.id, part.open));
    const part = document.activeElement?.closest("[data-live]");
    if (part) focused = { element: document.activeElement, part: part.id };
  });
  document.addEventListener("focusin", (event) => { if (event.target !== focused?.element) focused = null; });
  document.addEventListener("htmx:afterSwap", () => {
    unfolded.forEach((open, id) => {
      const part = document.getElementById(id);
      if (part && part.open !== open) part.open = open;
    });
    unfolded.clear();
    announce();
  });
  document.addEventListener("htmx:afterSettle", () => {
    // Several parts settle one by one: what is still there may go with the next of them.
    if (!focused || focused.element.isConnected) return;
    const part = document.getElementById(focused.part);
    focused = null;
    if (!part || document.activeElement !== document.body) return;
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
  });

  // What django-unfold makes of plain elements (filters, the menu of one's own name) works by keyboard too.
  const pressable = "#nav-sidebar-inner [x-on\\:click]:not(a[href], button), #changelist a[x-on\\:click]:not([href])";
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(pressable).forEach((element) => {
      element.tabIndex = 0;
      element.setAttribute("role", "button");
    });
  });
  document.addEventListener("keydown", (event) => {
    if (!["Enter", " "].includes(event.key) || !event.target.matches?.(pressable)) return;
    event.preventDefault();
    event.target.click();
  });

  // On a phone each cell has its column beside it: as the table's head has it, not Every Word Capital, and where no
  // boxes come first, not “Select record”.
  document.addEventListener("DOMContentLoaded", () => {
    const first = document.querySelector("#result_list thead th:first-child");
    const head = first && !first.querySelector("input") && first.querySelector(".text")?.textContent.trim();
    document.querySelectorAll("[data-label]").forEach((cell) => {
      if (head && cell.matches("#result_list .data-row > :first-child")) cell.dataset.label = head;
      cell.dataset.label = cell.dataset.label.charAt(0).toUpperCase() + cell.dataset.label.slice(1);
    });
  });

  // Fields that django-unfold leaves nameless: in rows of a table (the column says it), and those that search in choices.
  const labelOf = (field) => {
    const select2 = field.closest(".select2-container");
    const list = select2?.querySelector("[id^=select2-][id$=-results]")?.id.slice("select2-".length, -"-results".length);
    const select = list ? document.getElementById(list) : select2?.previousElementSibling;
    return select?.labels?.[0];
  };
  const wordsOf = (field) => {
    const cell = field.closest("td[data-label]");
    return cell ? cell.dataset.label : labelOf(field)?.textContent.replace("*", "").trim();
  };
  // A choice is named by what is chosen, and so by nothing while nothing is.
  const nameChoice = (choice) => {
    const label = labelOf(choice);
    const chosen = choice.getAttribute("aria-labelledby");
    if (!label || !chosen) return;
    choice.dataset.named = "";
    label.id = label.id || `${label.htmlFor}-label`;
    choice.setAttribute("aria-labelledby", `${label.id} ${chosen}`);
    document.getElementById(chosen)?.setAttribute("aria-labelledby", label.id);
  };
  const nameFields = () => {
    document.querySelectorAll(".select2-selection[role=combobox]:not([data-named])").forEach(nameChoice);
    document.querySelectorAll(":is(td[data-label] :is(input, select, textarea), .select2-search__field):not([type=hidden], [aria-label])").forEach((field) => {
      if (field.labels?.length) return;
      const words = wordsOf(field);
      if (words) field.setAttribute("aria-label", words);
    });
  };
  // The scripts that make these fields run when they like, and each choice makes some anew.
  document.addEventListener("DOMContentLoaded", () => {
    const content = document.getElementById("content");
    if (!content?.querySelector("form select, td[data-label]")) return;
    nameFields();
    new MutationObserver(nameFields).observe(content, { childList: true, subtree: true });
  });
  document.addEventListener("focusin", nameFields);

  // Screen readers hear of a state that became another, and of nothing else.
  let said = "";
  const announce = () => {
    const state = document.querySelector("[data-status]")?.dataset.status || "";
    const status = document.querySelector("[data-announce]");
    if (status && said && state !== said) status.textContent = state;
    said = state;
  };
  document.addEventListener("DOMContentLoaded", announce);
})();
