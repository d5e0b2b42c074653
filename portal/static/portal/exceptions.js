// The form of an exception: each button opens it with its own kind, and errors wait until a field was left.
(() => {
  "use strict";

  const preview = (form) => form.dispatchEvent(new CustomEvent("exception-preview"));

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-exception-kind]");
    const form = opener && document.querySelector("#dialog-exception .exc-form");
    if (!form) return;
    form.querySelector(`input[name="kind"][value="${opener.dataset.exceptionKind}"]`).checked = true;
    preview(form);
  });

  // What was left empty is blamed from then on, not before.
  document.addEventListener("focusout", (event) => {
    const form = event.target.closest?.(".exc-form");
    const touched = form?.elements.touched;
    if (!touched || !event.target.name) return;
    const names = new Set(touched.value.split(",").filter(Boolean));
    if (names.has(event.target.name)) return;
    touched.value = [...names.add(event.target.name)].join(",");
    if (!event.relatedTarget?.closest("[data-close], [type=submit]")) preview(form);
  });

  // When the answer does not come, the button must work again.
  const again = (event) => {
    const form = event.target.closest?.(".exc-form");
    form?.querySelectorAll(".db-button[aria-busy]").forEach((button) => {
      button.removeAttribute("aria-busy");
      button.disabled = false;
    });
  };
  // And what was shown for the date of before must not stand beside another one.
  const failed = (event) => {
    const shown = event.target.closest?.(".exc-preview");
    if (shown) {
      const said = document.createElement("p");
      said.className = "exc-error";
      said.textContent = shown.dataset.failed;
      shown.replaceChildren(said);
    }
    again(event);
  };
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, failed);

  // After a refusal the keyboard is at the first field that is to be put right.
  document.addEventListener("htmx:afterSettle", (event) => {
    const form = event.target.closest?.("#dialog-exception")?.querySelector(".exc-form");
    if (!form || !event.target.matches(".exc-form")) return;
    const told = [...form.querySelectorAll(".exc-error[id]")].find((text) => text.textContent.trim());
    form.elements[told?.id.replace("exc-error-", "")]?.focus?.();
  });
})();
