// The bot's page: answers are added below, and the arrow keys bring back what was typed. Without it each is a page.
(() => {
  "use strict";

  const KEPT = "daybreak.chat";
  const MOST = 30;
  const typed = [];
  let place = 0;
  const part = (id) => document.getElementById(id);
  const all = part("chat-all");
  const lines = part("chat-lines");
  const box = part("chat-text");
  const greeting = "greets" in all.dataset ? [...lines.children] : [];

  const toEnd = () => all.scrollTo({ top: all.scrollHeight });

  // What was said in this tab is there when one comes back, until one signs out: as it read, with nothing to press.
  const asRead = (line) => {
    const read = line.cloneNode(true);
    read.removeAttribute("data-over");
    read.querySelectorAll("form, input, button").forEach((one) => one.remove());
    read.querySelectorAll(".chat-buttons").forEach((row) => row.children.length || row.remove());
    return read;
  };
  const said = () => [...all.querySelectorAll(".chat-mine, .chat-said")];
  const showClear = () => { part("chat-clear").hidden = said().every((line) => greeting.includes(line)); };
  const keep = () => {
    const kept = said().slice(-MOST).map((line) => asRead(line).outerHTML);
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ whose: all.dataset.whose, kept }));
    } catch { /* No room, or not allowed: nothing is kept. */ }
    showClear();
  };
  const forget = () => { try { sessionStorage.removeItem(KEPT); } catch { /* Nothing is kept there. */ } };
  const restore = () => {
    let found = null;
    try {
      found = JSON.parse(sessionStorage.getItem(KEPT));
    } catch { /* As if nothing were kept. */ }
    if (found?.whose !== all.dataset.whose || !Array.isArray(found.kept)) return forget();
    const pieces = document.createElement("template");
    pieces.innerHTML = found.kept.join("");
    part("chat-earlier").replaceChildren(...[...pieces.content.children].map(asRead));
    part("chat-was").hidden = false;
    greeting.forEach((line) => line.remove());
    typed.push(...[...part("chat-earlier").querySelectorAll(".chat-mine")].map((line) => line.textContent));
    place = typed.length;
    keep();
    toEnd();
  };
  const clear = () => {
    forget();
    lines.replaceChildren();
    part("chat-was").hidden = true;
    part("chat-earlier").replaceChildren(...greeting);
    all.scrollTo({ top: 0 });
    showClear();
    box.focus();
  };

  const send = (form, button) => {
    const values = Object.fromEntries(new FormData(form));
    if (!values.text?.trim()) return;
    if (form.matches("[data-chat-form]")) typed.push(values.text);
    place = typed.length;
    form.setAttribute("aria-busy", "true");
    htmx.ajax("POST", form.action, { source: lines, target: "#chat-lines", swap: "beforeend", values })
      .then(() => {
        // What was asked is answered now: its buttons are not for a second time.
        form.closest(".chat-said")?.setAttribute("data-over", "");
        if (form.matches("[data-chat-form]")) box.value = "";
        toEnd();
      })
      .finally(() => {
        form.removeAttribute("aria-busy");
        // A page's button is pressed once (daybreak.js); this page stays.
        button?.removeAttribute("aria-busy");
        if (button) button.disabled = false;
        box.focus();
      });
  };

  const cancel = (form) => {
    const question = form.closest(".chat-said");
    const told = document.createElement("p");
    told.className = "db-muted";
    told.textContent = form.dataset.said;
    question.setAttribute("data-over", "");
    question.append(told);
    keep();
    toEnd();
    box.focus();
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id === "logout-form") forget();
    if (!form.matches("[data-chat-form], [data-chat-says], [data-chat-cancels]")) return;
    event.preventDefault();
    if (form.matches("[data-chat-cancels]")) cancel(form);
    else if (form.getAttribute("aria-busy") !== "true") send(form, event.submitter);
  });

  document.addEventListener("keydown", (event) => {
    if (event.target !== box || !["ArrowUp", "ArrowDown"].includes(event.key) || event.isComposing) return;
    place = Math.min(Math.max(place + (event.key === "ArrowUp" ? -1 : 1), 0), typed.length);
    box.value = typed[place] ?? "";
    event.preventDefault();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (!lines.contains(event.target)) return;
    keep();
    toEnd();
  });
  part("chat-clear").addEventListener("click", clear);
  restore();
})();
