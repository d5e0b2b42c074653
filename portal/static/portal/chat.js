// The bot's page: answers are added below, and the arrow keys bring back what was typed. Without it each is a page.
(() => {
  "use strict";

  const typed = [];
  let place = 0;
  const lines = () => document.getElementById("chat-lines");
  const box = () => document.getElementById("chat-text");

  const toEnd = () => lines().scrollTo({ top: lines().scrollHeight });

  const send = (form, button) => {
    const values = Object.fromEntries(new FormData(form));
    if (!values.text?.trim()) return;
    if (form.matches("[data-chat-form]")) typed.push(values.text);
    place = typed.length;
    form.setAttribute("aria-busy", "true");
    htmx.ajax("POST", form.action, { source: lines(), target: "#chat-lines", swap: "beforeend", values })
      .then(() => {
        // What was asked is answered now: its buttons are not for a second time.
        form.closest(".chat-said")?.setAttribute("data-over", "");
        if (form.matches("[data-chat-form]")) box().value = "";
        toEnd();
      })
      .finally(() => {
        form.removeAttribute("aria-busy");
        // A page's button is pressed once (daybreak.js); this page stays.
        button?.removeAttribute("aria-busy");
        if (button) button.disabled = false;
        box().focus();
      });
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-chat-form], [data-chat-says]")) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy") !== "true") send(form, event.submitter);
  });

  document.addEventListener("keydown", (event) => {
    if (event.target !== box() || !["ArrowUp", "ArrowDown"].includes(event.key) || event.isComposing) return;
    place = Math.min(Math.max(place + (event.key === "ArrowUp" ? -1 : 1), 0), typed.length);
    box().value = typed[place] ?? "";
    event.preventDefault();
  });

  document.addEventListener("htmx:afterSettle", (event) => { if (lines()?.contains(event.target)) toEnd(); });
})();
