// A field that is copied by a button: what is shown once is not to be marked by hand.
(() => {
  "use strict";

  const copied = (button) => {
    const status = document.querySelector("[data-copy-status]");
    if (status) status.textContent = button.dataset.copied;
    const word = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = word), 2000);
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    const field = button && document.getElementById(button.dataset.copy);
    if (!field) return;
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      copied(button);
    } catch {
      // Without https browsers keep the clipboard to themselves: the old way, else it stays marked for Ctrl-C.
      if (document.execCommand("copy")) copied(button);
    }
  });
})();
