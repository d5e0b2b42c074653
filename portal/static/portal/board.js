// The board: dialogs asked for by its buttons, what reads anew each five seconds, a countdown, and several at once.
(() => {
  "use strict";

  const EVERY = 5000;
  const board = () => document.getElementById("board");

  // ---- Dialogs -----------------------------------------------------------------------------------------------------

  let opener = "";
  const place = () => document.getElementById("board-dialog");
  const ask = (address, from) => {
    if (from?.id) {
      opener = from.id;
      remember(from);
    }
    from?.setAttribute("aria-busy", "true");
    htmx.ajax("GET", address, { source: board(), target: "#board-dialog", swap: "innerHTML" }).finally(() => from?.removeAttribute("aria-busy"));
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-ask]");
    if (button) ask(button.dataset.ask, button);
  });
  // Whatever came into its place is shown; nothing in it means that it is done.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== place()) return;
    const dialog = place().querySelector("dialog");
    if (dialog) {
      if (!dialog.open) dialog.showModal();
      if (dialog.matches("[data-chosen-done]")) chooseNone();
      dialog.addEventListener("close", () => { dialog.remove(); back(); });
    } else {
      back();
    }
  });
  // The keyboard is again where it was, also when that row was renewed meanwhile; when it has left the list, at the row
  // that stands in its place.
  let spot = -1;
  const lines = () => [...document.querySelectorAll("[data-row]")];
  const remember = (element) => (spot = lines().indexOf(element?.closest?.("[data-row]")));
  const lost = () => !document.activeElement || document.activeElement === document.body;
  const nearby = () => {
    const line = lines()[Math.min(spot, lines().length - 1)];
    (line?.querySelector(".bd-name > a") || document.getElementById("board-q"))?.focus({ preventScroll: true });
  };
  const back = () => setTimeout(() => {
    const from = document.getElementById(opener) || document.querySelector(`#row-${opener.split("-").pop()} .bd-actions > *`);
    if (lost()) from?.focus({ preventScroll: true });
    if (lost()) nearby();
  });

  // ---- Messages ----------------------------------------------------------------------------------------------------

  const STAYS = 15000;
  const watched = new WeakSet();
  const watch = () => document.querySelectorAll("[data-toast]").forEach((toast) => {
    if (watched.has(toast)) return;
    watched.add(toast);
    // Not while somebody is about to press its button.
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 3000) : toast.remove());
    setTimeout(leave, STAYS);
  });
  const tell = (text) => {
    const places = document.getElementById("board-toasts");
    const toast = document.createElement("div");
    toast.className = "bd-toast bd-toast-failed";
    toast.dataset.toast = "";
    toast.textContent = text;
    (document.querySelector("dialog[open]") || places).append(toast);
    watch();
  };
  const polled = (event) => event.detail.requestConfig?.headers?.["X-Poll"];
  document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove());
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!board()?.contains(event.target)) return;
    // What was done is not to be taken back twice.
    if (event.detail.successful) event.target.closest?.("[data-toast]")?.remove();
    // A look that ends meanwhile makes no button work again whose wish is still on its way.
    if (!polled(event)) document.querySelectorAll("#board .db-button[aria-busy]").forEach((button) => {
      button.removeAttribute("aria-busy");
      button.disabled = button.hidden;
    });
    watch();
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (!board() || polled(event)) return;
    tell(event.detail.xhr.status < 500 ? board().dataset.refused : board().dataset.failed);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => { if (board() && !polled(event)) tell(board().dataset.failed); });
  }

  // ---- What reads anew ---------------------------------------------------------------------------------------------

  let asking = false;
  // What was asked for meanwhile is newer than what a look that was under way then has seen.
  let asked = 0;
  let askedThen = 0;
  const live = (is) => {
    const lost = document.getElementById("board-lost");
    document.querySelector("[data-live-word]")?.toggleAttribute("hidden", !is);
    if (!lost || lost.hidden === is) return;
    lost.textContent = is ? "" : board().dataset.lost;
    lost.hidden = is;
  };
  // The filters and the page are those of the address: rows come and go as they say.
  const look = () => {
    if (document.hidden || asking || !board()?.dataset.poll) return;
    const rows = [...document.querySelectorAll("[data-row]")].map((row) => row.dataset.row).join(",");
    const seen = (part) => document.querySelector(`[data-${part}]`)?.dataset[part] || "";
    const values = { ...Object.fromEntries(new URLSearchParams(location.search)), rows, list: seen("list"), lines: seen("lines"), tiles: seen("tiles") };
    asking = true;
    askedThen = asked;
    // From a place of its own: two requests of one element wait for each other, and a third takes the place of one.
    htmx.ajax("GET", board().dataset.poll, { source: document.getElementById("board-toasts"), target: "#board-toasts", swap: "none", headers: { "X-Poll": "1" }, values })
      .catch(() => {}).finally(() => (asking = false));
  };
  for (const name of ["htmx:beforeRequest", "htmx:afterRequest"]) {
    document.addEventListener(name, (event) => { if (!polled(event)) asked += 1; });
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!polled(event)) return;
    if (askedThen !== asked) event.detail.shouldSwap = false;
    if (!document.querySelector("dialog[open]")) remember(document.activeElement);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!polled(event)) return;
    live(event.detail.xhr.status >= 200 && event.detail.xhr.status < 300);
    if (spot >= 0 && lost() && !document.querySelector("dialog[open]")) nearby();
  });
  setInterval(look, EVERY);
  document.addEventListener("missed", (event) => { if (event.target === board()) look(); });

  // ---- The countdown -----------------------------------------------------------------------------------------------

  const two = (number) => String(number).padStart(2, "0");
  const tick = () => document.querySelectorAll("[data-until]").forEach((time) => {
    const left = Math.max(0, Math.round((new Date(time.dataset.until) - Date.now()) / 1000));
    time.textContent = `${two(Math.floor(left / 3600))}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
  });
  // The clocks of the portal and of the reader.
  const clock = (zone) => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
  const clocks = () => document.querySelectorAll("[data-clock]").forEach((time) => {
    try {
      time.textContent = clock(time.dataset.clock).format(new Date());
    } catch {
      delete time.dataset.clock; // a zone that this browser does not know: what the portal said stays
    }
  });
  setInterval(clocks, 10000);
  setInterval(tick, 1000);
  document.addEventListener("DOMContentLoaded", tick);
  document.addEventListener("htmx:oobAfterSwap", tick);
  document.addEventListener("htmx:afterSwap", tick);

  // ---- Several at once ---------------------------------------------------------------------------------------------

  const chosen = new Set();
  const boxes = () => [...document.querySelectorAll("[data-choose]")];
  const show = () => {
    const bar = document.getElementById("board-chosen");
    if (!bar) return;
    bar.hidden = !chosen.size;
    bar.querySelector("[data-chosen-count]").textContent = chosen.size;
    boxes().forEach((box) => (box.checked = chosen.has(box.value)));
    const all = document.querySelector("[data-choose-all]");
    const marked = boxes().filter((box) => box.checked).length;
    if (all) {
      all.checked = marked > 0 && marked === boxes().length;
      all.indeterminate = marked > 0 && !all.checked;
    }
  };
  const chooseNone = () => { chosen.clear(); show(); };
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-choose]")) box.checked ? chosen.add(box.value) : chosen.delete(box.value);
    else if (box.matches("[data-choose-all]")) boxes().forEach((one) => (box.checked ? chosen.add(one.value) : chosen.delete(one.value)));
    else return;
    show();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-choose-none]")) chooseNone();
    const button = event.target.closest("[data-many]");
    if (!button) return;
    const sent = new URLSearchParams({ do: button.dataset.many });
    chosen.forEach((pk) => sent.append("env", pk));
    ask(`${document.querySelector("[data-many-url]").dataset.manyUrl}?${sent}`, button);
  });
  // A renewed row comes unchosen; another list forgets those that are not on it.
  const renewed = (list) => {
    if (list?.id === "board-list") {
      const there = new Set(boxes().map((box) => box.value));
      chosen.forEach((pk) => there.has(pk) || chosen.delete(pk));
    }
    show();
  };
  document.addEventListener("htmx:oobAfterSwap", (event) => renewed(event.target));
  document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target?.id === "board-list") renewed(event.detail.target); });

  // ---- Filters and keys --------------------------------------------------------------------------------------------

  // An address says only what was asked for.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.target.id !== "board-filters") return;
    for (const [name, value] of [...event.detail.formData.entries()]) if (!value) event.detail.formData.delete(name);
    delete event.detail.headers["X-CSRFToken"];
  });
  document.addEventListener("keydown", (event) => {
    if (!board() || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const writing = event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
    if (event.key === "/" && !writing) {
      event.preventDefault();
      document.getElementById("board-q")?.focus();
    } else if (["j", "k"].includes(event.key) && !writing) {
      const links = [...document.querySelectorAll(".bd-name > a")];
      const at = links.indexOf(event.target.closest?.("[data-row]")?.querySelector(".bd-name > a"));
      links[at < 0 ? 0 : at + (event.key === "j" ? 1 : -1)]?.focus();
    }
  });
})();
