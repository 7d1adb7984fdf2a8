// The what-if slider: reads the table in the page, shows a slider in its place. Without this script the table stays.
(function () {
  "use strict";
  document.querySelectorAll(".what-if").forEach(function (box) {
    var rows = Array.prototype.map.call(box.querySelectorAll("tbody tr"), function (row) {
      return { speed: row.cells[0].textContent, chance: row.cells[1].textContent, percent: Number(row.dataset.percent) };
    });
    var panel = box.querySelector(".slider"), input = box.querySelector("input"), output = box.querySelector("output");
    if (rows.length < 2 || !panel || !input || !output) { return; }
    function show() {
      var row = rows[Number(input.value)];
      output.querySelector(".speed").textContent = row.speed;
      output.querySelector(".chance").textContent = row.chance;
      input.setAttribute("aria-valuetext", row.speed + ": " + row.chance);
    }
    input.max = String(rows.length - 1);
    input.value = String(Math.max(rows.findIndex(function (row) { return row.percent === 0; }), 0));
    input.addEventListener("input", show);
    panel.hidden = false;
    box.classList.add("live");
    show();
  });
})();
