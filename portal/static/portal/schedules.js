// A schedule's form says what it would do while it is being filled in: the panel is fetched again after each change.
(() => {
  "use strict";

  const DELAY = 300; // ms without typing
  const MARK = "sch-field-error";

  const unmark = (form) => {
    form.querySelectorAll(`.${MARK}`).forEach((mark) => mark.remove());
    form.querySelectorAll("[aria-describedby^='wrong-']").forEach((field) => {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    });
  };

  // Each sentence stands at its field, too, unless the server's answer to a save has put it there already.
  const mark = (form, part) => {
    part.querySelectorAll("[data-wrong]").forEach((item) => {
      const name = item.dataset.wrong;
      const field = form.elements[name];
      if (!(field instanceof HTMLElement)) return;
      field.setAttribute("aria-invalid", "true");
      if (field.parentElement.textContent.includes(item.textContent)) return;
      const text = document.createElement("p");
      text.className = MARK;
      text.id = `wrong-${name}`;
      text.textContent = item.textContent;
      field.setAttribute("aria-describedby", text.id);
      field.parentElement.append(text);
    });
  };

  const watch = (panel) => {
    const form = panel.closest("form");
    const part = panel.querySelector("[data-what-if-part]");
    const said = panel.querySelector("[data-what-if-said]");
    let timer = 0;
    let asking = null;

    const ask = async () => {
      asking?.abort();
      asking = new AbortController();
      part.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(panel.dataset.whatIf, { method: "POST", body: new FormData(form), signal: asking.signal });
        if (!answer.ok || answer.redirected) throw new Error(answer.status);
        const html = await answer.text();
        unmark(form);
        part.innerHTML = html;
        mark(form, part);
        said.textContent = part.querySelector("[data-said]")?.textContent || ""; // for who listens: the outcome only
      } catch (error) {
        if (error.name === "AbortError") return; // a newer question is on its way
        part.textContent = panel.dataset.failed;
      }
      part.removeAttribute("aria-busy");
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(ask, DELAY);
    };

    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    document.addEventListener("formset:added", soon);
    document.addEventListener("formset:removed", soon);
    // The searchable choice of a zone tells of changes through jQuery only.
    window.django?.jQuery?.(form).on("change", "select", soon);
    ask();
  };

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-what-if]").forEach(watch));
})();
