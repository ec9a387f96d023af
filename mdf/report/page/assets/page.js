"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = read("plot-data");
  const root = document.documentElement;
  const status = document.getElementById("status"); // read aloud by screen readers
  const escaped = (value) => String(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const shownRows = new Set(data.rows.keys());
  const MOST_NAMED = 12, WIDE = 600; // marks are named in the trade-off if there are few and the plot is wide (pixels)

  // tables

  const number = (cell) => (cell.dataset.value === undefined ? null : Number(cell.dataset.value));
  const byNumber = (sign) => ([a], [b]) => (a === null) - (b === null) || sign * (a - b); // cells without one come last
  const byText = (sign) => ([a], [b]) => sign * a.localeCompare(b, "en", { numeric: true });
  for (const table of document.querySelectorAll("table.sortable")) {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => heading.firstElementChild.addEventListener("click", () => {
      const first = heading.firstElementChild.dataset.first;
      const second = first === "ascending" ? "descending" : "ascending";
      const order = heading.getAttribute("aria-sort") === first ? second : first;
      const sign = order === "ascending" ? 1 : -1;
      for (const each of headings) each.setAttribute("aria-sort", each === heading ? order : "none");
      const body = table.tBodies[0];
      const keyed = [...body.rows].map((row) => [column ? number(row.cells[column]) : row.cells[0].textContent, row]);
      keyed.sort(column ? byNumber(sign) : byText(sign));
      body.append(...keyed.map(([, row]) => row));
    }));
  }

  document.getElementById("all-columns")?.addEventListener("click", ({ currentTarget: button }) => {
    const all = button.closest("section").querySelector("table").classList.toggle("all");
    button.setAttribute("aria-pressed", all);
    markScrollable();
  });

  /* Shades the right edge of a table that goes on beyond it. */
  const scrollable = [...document.querySelectorAll(".scroll")];
  const markScrollable = () => {
    for (const region of scrollable) {
      const hidden = region.scrollWidth - region.clientWidth - region.scrollLeft;
      region.classList.toggle("goes-on", hidden > 4);
    }
  };
  for (const region of scrollable) region.addEventListener("scroll", markScrollable, { passive: true });
  addEventListener("resize", markScrollable);
  document.addEventListener("toggle", markScrollable, true);
  markScrollable();

  // plots

  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const layout = (xTitle, yTitle) => {
    const axis = (title) => ({
      title: { text: escaped(title), standoff: 12 }, automargin: true, gridcolor: colour("--line"),
      linecolor: colour("--dim"), zeroline: false,
    });
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, dragmode: false,
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("--ink") },
      margin: { l: 56, r: 16, t: 12, b: 48 },
      xaxis: axis(xTitle), yaxis: axis(yTitle), hoverlabel: { namelength: -1 },
    };
  };
  const config = { displayModeBar: false, responsive: true };
  const errorBars = (halves, more = {}) => ({
    type: "data", array: halves, visible: halves.some((half) => half > 0), thickness: 1.2, ...more,
  });
  const plotOf = (id) => document.querySelector(`#${id} .plot`);
  const choice = (id) => document.getElementById(id);
  const halfWidth = (point) => (point && point[1] !== null ? point[1] : 0);
  const axisTitle = (column) => `${column.title} (${column.direction} is better)`;

  /* A range around values. An interval that is much wider than the values' spread runs off the plot. */
  const rangeOf = (values, halves, base = [], least = 0.08) => {
    const [low, high] = [Math.min(...values, ...base), Math.max(...values, ...base)];
    const span = high - low || Math.abs(high) || 1;
    const room = least * span + Math.min(Math.max(0, ...halves), 0.75 * span);
    return [base.includes(low) ? low : low - room, high + room];
  };

  /* Where each point's name stands: towards the middle of the plot, moved down or up if it would cover another name.
     Heights are fractions of the plot's. */
  const NAME_HEIGHT = 0.042;
  const namePositions = (points, xMiddle, ySpan) => {
    const heights = { left: [], right: [] };
    const positions = new Map();
    for (const point of [...points].sort((a, b) => a.y - b.y)) {
      const side = point.drawnX > xMiddle ? "left" : "right";
      const candidates = { middle: 0, bottom: -NAME_HEIGHT, top: NAME_HEIGHT };
      const heightOf = (name) => point.y / ySpan + candidates[name];
      const isFree = (name) => heights[side].every((other) => Math.abs(other - heightOf(name)) >= NAME_HEIGHT);
      const chosen = Object.keys(candidates).find(isFree) ?? "top";
      heights[side].push(heightOf(chosen));
      positions.set(point.row, `${chosen} ${side}`);
    }
    return positions;
  };

  const tradeoff = () => {
    const [i, j] = ["tradeoff-x", "tradeoff-y"].map((id) => Number(choice(id).value));
    const [x, y] = [data.columns[i], data.columns[j]];
    const points = data.rows.flatMap((_, row) => {
      const [atX, atY] = [data.values[row][i], data.values[row][j]];
      if (!shownRows.has(row) || !atX || !atY) return [];
      return [{ row, x: atX[0], y: atY[0], dx: halfWidth(atX), dy: halfWidth(atY) }];
    });
    const xs = points.map((point) => point.x);
    const isLog = xs.every((value) => value > 0) && Math.max(...xs) > 30 * Math.min(...xs);
    for (const point of points) point.drawnX = isLog ? Math.log10(point.x) : point.x;
    const named = data.rows.length <= MOST_NAMED && plotOf("tradeoff").clientWidth > WIDE;
    const xHalves = isLog ? [] : points.map((point) => point.dx);
    const xRange = rangeOf(points.map((point) => point.drawnX), xHalves, [], named ? 0.2 : 0.08);
    const yRange = rangeOf(points.map((point) => point.y), points.map((point) => point.dy));
    const positions = namePositions(points, (xRange[0] + xRange[1]) / 2, yRange[1] - yRange[0]);
    const traces = points.map((point) => {
      const row = data.rows[point.row];
      return {
        type: "scatter", mode: named ? "markers+text" : "markers", name: escaped(row.label),
        x: [point.x], y: [point.y], error_x: errorBars([point.dx]), error_y: errorBars([point.dy]),
        text: [`  ${escaped(row.label)}  `], textposition: positions.get(point.row),
        textfont: { size: 11, color: colour("--dim") }, cliponaxis: false,
        hovertemplate: `%{text}<br>${escaped(x.title)} %{x}<br>${escaped(y.title)} %{y}<extra></extra>`,
        marker: {
          color: row.colour, symbol: row.on_front ? row.plot_symbol : `${row.plot_symbol}-open`, size: 12,
          line: { width: 2, color: row.colour },
        },
      };
    });
    const drawn = layout(axisTitle(x), axisTitle(y));
    if (isLog) Object.assign(drawn.xaxis, { type: "log", dtick: "D2" });
    if (points.length) [drawn.xaxis.range, drawn.yaxis.range] = [xRange, yRange];
    return Plotly.react(plotOf("tradeoff"), traces, drawn, config);
  };

  const curves = () => {
    const series = choice("curves-y").value;
    const traces = data.curves.flatMap((curve) => {
      const row = data.rows[curve.row];
      if (!shownRows.has(curve.row) || !curve.series[series]) return [];
      const sizes = curve.steps.map((step) => (step === curve.best_step ? 10 : 5));
      return [{
        type: "scatter", mode: "lines+markers", name: escaped(curve.label), x: curve.steps, y: curve.series[series],
        connectgaps: true, line: { color: row.colour, dash: row.dash, width: 2 },
        marker: { color: row.colour, symbol: row.plot_symbol, size: sizes },
        hovertemplate: "%{fullData.name}<br>step %{x}: %{y:.4g}<extra></extra>",
      }];
    });
    return Plotly.react(plotOf("curves"), traces, layout("step", series), config);
  };

  const conditions = () => {
    const chosen = data.conditions[Number(choice("conditions-y").value)];
    const traces = data.rows.flatMap((row, number) => {
      const points = chosen.columns.map((column) => data.values[number][column]);
      if (!shownRows.has(number) || points.every((point) => !point)) return [];
      return [{
        type: "bar", name: escaped(row.label), x: chosen.conditions.map(escaped),
        y: points.map((point) => (point ? point[0] : null)),
        error_y: errorBars(points.map(halfWidth), { color: colour("--ink") }), marker: { color: row.colour },
        hovertemplate: "%{fullData.name}<br>%{x}: %{y:.4g}<extra></extra>",
      }];
    });
    const drawn = { ...layout("", chosen.title), barmode: "group" };
    drawn.xaxis.type = "category";
    const bars = traces.flatMap((trace) => trace.y.map((value, n) => ({ value, half: trace.error_y.array[n] })));
    const known = bars.filter((bar) => bar.value !== null);
    if (known.length) drawn.yaxis.range = rangeOf(known.map((bar) => bar.value), known.map((bar) => bar.half), [0]);
    return Plotly.react(plotOf("conditions"), traces, drawn, config);
  };

  const plots = { tradeoff, curves, conditions };
  const drawAll = () => Promise.all(Object.keys(plots).filter(plotOf).map((id) => plots[id]()));
  const fillChoice = (id, options, chosen) => {
    if (!choice(id)) return;
    for (const [value, title] of options) choice(id).add(new Option(title, value, false, value === chosen));
    choice(id).addEventListener("change", plots[id.split("-")[0]]);
  };
  const axes = data.columns.map((column, n) => [n, column.title]).filter(([n]) => !data.columns[n].condition);
  fillChoice("tradeoff-y", axes, data.first_y);
  fillChoice("tradeoff-x", axes, data.first_x);
  fillChoice("curves-y", data.series.map((name) => [name, name]), data.series[0]);
  fillChoice("conditions-y", data.conditions.map((each, n) => [n, each.title]), 0);

  // which configurations are shown

  const refresh = () => {
    for (const panel of document.querySelectorAll("figure[data-row]")) {
      panel.hidden = !shownRows.has(Number(panel.dataset.row));
    }
    return drawAll();
  };
  const boxes = [...document.querySelectorAll("[data-toggle]")];
  const apply = (box) => shownRows[box.checked ? "add" : "delete"](Number(box.dataset.toggle));
  for (const box of boxes) box.addEventListener("change", () => { apply(box); refresh(); });
  for (const button of document.querySelectorAll("[data-check]")) {
    button.addEventListener("click", () => {
      for (const box of boxes) { box.checked = button.dataset.check === "all"; apply(box); }
      refresh();
    });
  }

  // buttons that save and copy

  const contentOf = (id) => {
    const element = document.getElementById(id);
    return element.type === "application/json" ? JSON.parse(element.textContent) : element.textContent;
  };
  for (const button of document.querySelectorAll("[data-save]")) {
    button.addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([contentOf(button.dataset.save)], { type: button.dataset.type }));
      link.download = button.dataset.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      status.textContent = `saved ${button.dataset.name}`;
    });
  }
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        status.textContent = "copied";
      } catch { // no permission to use the clipboard
        getSelection().selectAllChildren(source);
        status.textContent = "selected: copy it with the keyboard";
      }
    });
  }

  // light and dark

  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  document.getElementById("theme").addEventListener("click", () => {
    const current = root.dataset.theme || (prefersDark.matches ? "dark" : "light");
    root.dataset.theme = current === "dark" ? "light" : "dark";
    try { localStorage.setItem("mdf-theme", root.dataset.theme); } catch { /* no storage: until the page is closed */ }
    drawAll();
  });
  prefersDark.addEventListener("change", drawAll);
  drawAll();
})();
