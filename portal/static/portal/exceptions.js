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
  document.addEventListener("htmx:responseError", again);
  document.addEventListener("htmx:sendError", again);

  // After a refusal the keyboard is at the first field that is to be put right.
  document.addEventListener("htmx:afterSettle", (event) => {
    const form = event.target.closest?.("#dialog-exception")?.querySelector(".exc-form");
    if (!form || !event.target.matches(".exc-form")) return;
    const told = [...form.querySelectorAll(".exc-error[id]")].find((text) => text.textContent.trim());
    form.elements[told?.id.replace("exc-error-", "")]?.focus?.();
  });
})();
