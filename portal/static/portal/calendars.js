// A calendar's form offers the subdivisions of the country that is chosen.
(() => {
  "use strict";

  const offer = async (country, field) => {
    const list = document.getElementById(field.getAttribute("list"));
    if (!list) return;
    let known = {};
    if (country) {
      const answer = await fetch(`${field.dataset.subdivisions}?country=${encodeURIComponent(country)}`);
      if (answer.ok && !answer.redirected) known = await answer.json();
    }
    list.replaceChildren(
      ...Object.entries(known).map(([code, name]) => {
        const option = document.createElement("option");
        option.value = code;
        option.textContent = name;
        return option;
      }),
    );
    if (!(field.value in known)) field.value = ""; // that of another country
    field.placeholder = country && !Object.keys(known).length ? field.dataset.none : "";
  };

  document.addEventListener("DOMContentLoaded", () => {
    const field = document.querySelector("[data-subdivisions]");
    const country = document.getElementById("id_country");
    if (!field || !country) return;
    // The search box on top of the select tells of a choice by jQuery only.
    const changed = () => offer(country.value, field);
    if (window.django?.jQuery) window.django.jQuery(country).on("change", changed);
    else country.addEventListener("change", changed);
  });
})();
