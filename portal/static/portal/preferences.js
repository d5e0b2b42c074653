// One click makes the zone of the browser one's own.
(() => {
  "use strict";

  const offer = document.querySelector("[data-zone-offer]");
  const field = document.getElementById(offer?.dataset.zoneOffer);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!field || field.value === zone || ![...field.options].some((option) => option.value === zone)) return;
  offer.querySelector("[data-zone]").textContent = zone;
  offer.hidden = false;
  offer.querySelector("button").addEventListener("click", () => {
    field.value = zone;
    field.form.requestSubmit();
  });
})();
