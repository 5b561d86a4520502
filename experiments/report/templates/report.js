"use strict";
(() => {
  const { charts, shared, config } = JSON.parse(document.getElementById("charts").textContent);
  const options = { config, actions: false, ast: true, renderer: "svg", tooltip: false };
  const draw = (figure, place) => {
    const name = figure.dataset.chart;
    const target = figure.querySelector(".drawing");
    figure.dataset.view = String(place);
    return window.vegaEmbed(target, { ...charts[name][place], datasets: shared }, options).then(() => {
      target.querySelector("svg")?.setAttribute("aria-hidden", "true");
      figure.dataset.drawn = String(place);
    });
  };
  const chosen = (figure, place) => {
    const radio = figure.querySelector(`input[type=radio][value="${place}"]`);
    if (radio) {
      radio.checked = true;
      return draw(figure, place);
    }
    return undefined;
  };
  const figures = [...document.querySelectorAll("figure[data-chart]")];
  for (const figure of figures) {
    figure.addEventListener("change", (event) => {
      if (event.target.type === "radio") draw(figure, Number(event.target.value));
    });
    const slider = figure.querySelector("input[type=range]");
    slider?.addEventListener("input", () => {
      const label = slider.dataset.labels.split("|")[Number(slider.value)];
      figure.querySelector("output").textContent = label;
      slider.setAttribute("aria-valuetext", label);
      draw(figure, Number(slider.value));
    });
  }
  document.getElementById("all-views")?.addEventListener("change", (event) => {
    for (const figure of document.querySelectorAll("#questions figure")) {
      chosen(figure, Number(event.target.value));
    }
  });
  const first = (figure) => Number(figure.querySelector("input[type=range]")?.value ?? 0);
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("figure details:not([open])")];
    for (const one of folded) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
  figures
    .reduce((before, figure) => before.then(() => draw(figure, first(figure))), Promise.resolve())
    .then(() => { document.documentElement.dataset.ready = "yes"; });
})();
