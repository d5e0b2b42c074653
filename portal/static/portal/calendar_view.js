// The calendar: a day opens in a dialog, by click or key, and what the dialog leads to stays in it.
(() => {
  "use strict";

  const dialog = () => document.querySelector("[data-calendar-dialog]");
  let opener = null;

  const show = async (address) => {
    const place = dialog();
    if (!place.open) {
      // A click is answered at once, whatever the server takes.
      const wait = document.createElement("p");
      wait.className = "db-muted calv-wait";
      wait.setAttribute("role", "status");
      wait.textContent = place.dataset.loading;
      place.replaceChildren(wait);
      place.showModal();
    }
    await window.htmx.ajax("GET", address, { target: place, swap: "innerHTML" });
    place.scrollTop = 0;
    place.querySelector("#dialog-exception-title")?.focus();
    const form = place.querySelector("[data-calendar-form]:not([hidden]) .exc-form");
    form?.dispatchEvent(new CustomEvent("exception-preview"));
  };

  document.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-calendar] button[data-day]");
    if (cell) {
      opener = cell;
      const query = cell.closest("[data-query]").dataset.query;
      show(`${cell.closest("[data-url]").dataset.url}?${query ? `${query}&` : ""}day=${cell.dataset.day}`);
      return;
    }
    // Within the dialog a link opens in it; on the page of a day it is a link.
    const link = event.target.closest("[data-calendar-dialog] a[data-calendar-open]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      show(link.href);
    }
  });

  // The reason that is offered goes with the kind; what somebody has typed stays.
  const offer = (form, kind) => {
    const verbs = [...form.closest("#dialog-exception").querySelectorAll("[data-reason]")];
    const reason = form.querySelector("input[name=reason]");
    const wanted = verbs.find((verb) => verb.dataset.exceptionKind === kind);
    if (wanted && verbs.some((verb) => verb.dataset.reason === reason.value.trim())) reason.value = wanted.dataset.reason;
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("#dialog-exception .exc-form input[name=kind]")) offer(event.target.form, event.target.value);
  });

  // Before exceptions.js asks for the preview: a form that is hidden has no place for it.
  document.addEventListener("click", (event) => {
    const verb = event.target.closest(".calv-verbs [data-exception-kind]");
    const form = verb?.closest("#dialog-exception").querySelector("[data-calendar-form]");
    if (!form) return;
    form.hidden = false;
    offer(form.querySelector(".exc-form"), verb.dataset.exceptionKind);
    verb.parentElement.querySelectorAll("button").forEach((one) => one.setAttribute("aria-expanded", String(one === verb)));
    form.closest("#dialog-exception").querySelector(".calv-close")?.setAttribute("hidden", "");
    form.scrollIntoView({ block: "nearest" });
    const first = form.querySelector(verb.dataset.exceptionKind === "hours" ? "input[name=start]" : "input[name=reason]");
    first.focus();
    first.select();
  }, true);

  // Choosing days asks the server, and answers in the dialog.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-calendar-dialog] form[data-calendar-get]");
    if (!form) return;
    event.preventDefault();
    const sent = new URLSearchParams(new FormData(form, event.submitter));
    show(`${form.action}?${sent}`);
  });

  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      const place = dialog();
      if (!place || event.detail.target !== place) return;
      const said = document.createElement("p");
      said.className = "exc-error";
      said.textContent = place.dataset.failed;
      place.replaceChildren(said);
    });
  }

  // The keyboard comes back to the day from which it went.
  document.addEventListener("close", (event) => {
    if (event.target === dialog()) opener?.focus();
  }, true);

  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-calendar-filter] select, [data-calendar-filter] [type=date]")) event.target.form.requestSubmit();
  });

  // One stop of the Tab key a row; the arrows move among the days.
  const cells = (row) => [...row.querySelectorAll("button[data-day]")];
  const only = (cell) => cells(cell.closest("tr")).forEach((one) => (one.tabIndex = one === cell ? 0 : -1));
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-calendar] tbody tr").forEach((row) => {
      const first = row.querySelector(".calv-today button[data-day]") || row.querySelector("button[data-day]");
      if (first) only(first);
    });
    const scroll = document.querySelector(".calv-scroll");
    const today = scroll?.querySelector("thead .calv-today");
    // A month wider than its place begins where today is.
    if (today && scroll.scrollWidth > scroll.clientWidth) {
      scroll.scrollLeft = today.offsetLeft - scroll.querySelector(".calv-corner").offsetWidth - today.offsetWidth * 2;
    }
  });
  // Days lie in a row; where there is room for one environment only, a month's lie in weeks and a week's below each other.
  const beyond = (row, by) => {
    const rows = [...row.parentElement.rows].filter((one) => cells(one).length);
    return rows[rows.indexOf(row) + by];
  };
  const below = (row, among, at, by) => {
    const stacked = getComputedStyle(row).display === "grid";
    const other = beyond(row, by);
    if (!stacked) return other && cells(other)[at];
    const step = row.closest(".calv-month") ? 7 : 1;
    return among[at + by * step] || (other && cells(other).at(by > 0 ? 0 : -1));
  };
  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.("[data-calendar] button[data-day]");
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = cell.closest("tr");
    const among = cells(row);
    const at = among.indexOf(cell);
    const found = {
      Home: () => among[0],
      End: () => among.at(-1),
      ArrowLeft: () => among[at - 1],
      ArrowRight: () => among[at + 1],
      ArrowUp: () => below(row, among, at, -1),
      ArrowDown: () => below(row, among, at, 1),
    }[event.key];
    const next = found && found();
    if (!next) return;
    event.preventDefault();
    only(next);
    next.focus();
  });
})();
