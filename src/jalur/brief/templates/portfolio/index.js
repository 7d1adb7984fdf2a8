// Sorts by a column and filters by words; without it the table is there as it is.
(function () {
  "use strict";
  var table = document.querySelector("table"), body = table.tBodies[0], tools = document.querySelector(".tools");
  var rows = Array.prototype.slice.call(body.rows), output = tools.querySelector("output");
  function show() {
    var words = tools.elements.text.value.toLowerCase().split(/\s+/), only = tools.elements.latest.checked, shown = 0;
    rows.forEach(function (row) {
      var text = row.textContent.toLowerCase();
      row.hidden = (only && !("latest" in row.dataset)) || !words.every(function (word) { return text.indexOf(word) >= 0; });
      shown += row.hidden ? 0 : 1;
    });
    output.textContent = output.dataset.words.replace("{n}", shown).replace("{of}", rows.length);
  }
  function value(row, column, number) {
    var cell = row.cells[column], text = cell.dataset.value === undefined ? cell.textContent : cell.dataset.value;
    if (!number) { return text; }
    return text === "" ? null : Number(text);
  }
  Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
    var kind = head.dataset.sort;
    if (!kind) { return; }
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.appendChild(button);
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending", sign = down ? -1 : 1;
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.sort(function (a, b) {
        var x = value(a, column, kind === "number"), y = value(b, column, kind === "number");
        if (x === null || y === null) { return (x === null) - (y === null); }
        return x < y ? -sign : x > y ? sign : 0;
      }).forEach(function (row) { body.appendChild(row); });
    });
  });
  tools.addEventListener("submit", function (event) { event.preventDefault(); });
  tools.addEventListener("input", show);
  tools.hidden = false;
  show();
})();
