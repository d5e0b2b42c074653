// Instead of Chart.js, 200 kB that Unfold loads on every page: our charts are SVG, and nothing has its class "chart".
