// The assistant's list: narrowed while typing, counted while picking; and a word while AWS is asked.
(() => {
  "use strict";

  const narrow = (box) => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    document.querySelectorAll("[data-row]").forEach((row) => {
      row.hidden = !words.every((word) => row.dataset.row.includes(word));
    });
    document.querySelectorAll("[data-group]").forEach((group) => {
      group.hidden = words.length > 0 && !group.querySelector("[data-row]:not([hidden])");
    });
  };

  const count = (form) => {
    const said = form.querySelector("[data-picked]");
    if (!said) return;
    const picked = form.querySelectorAll("input[name=pick]:checked").length;
    said.textContent = picked === 1 ? said.dataset.one : picked ? said.dataset.many.replace("%s", picked) : "";
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-filter]").forEach((box) => box.addEventListener("input", () => narrow(box)));
    document.querySelectorAll("[data-picks]").forEach((form) => {
      form.addEventListener("change", () => count(form));
      count(form);
    });
    document.querySelectorAll("[data-looks]").forEach((form) =>
      form.addEventListener("submit", () => {
        form.querySelectorAll("button[type=submit]").forEach((button) => button.setAttribute("aria-busy", "true"));
        form.querySelectorAll("[data-looking]").forEach((word) => { word.hidden = false; });
      }),
    );
  });
  // A page that the back button brings is not asking any more.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("[data-looks] [aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
    document.querySelectorAll("[data-looking]").forEach((word) => { word.hidden = true; });
  });
})();
