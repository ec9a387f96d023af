"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = read("plot-data");
  const root = document.documentElement;
  const told = document.getElementById("told");
  const text = (value) => String(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const shown = new Set(data.rows.keys());
  const NAMED = 12, WIDE = 600; // so many points are named in the plot, where it is so wide

  // tables

  const key = (cell) => (cell.dataset.value === undefined ? null : Number(cell.dataset.value));
  const byValue = (sign) => ([a], [b]) => (a === null) - (b === null) || sign * (a - b);
  const byText = (sign) => ([a], [b]) => sign * a.localeCompare(b, "en", { numeric: true });
  for (const table of document.querySelectorAll("table.sortable")) {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, number) => heading.firstElementChild.addEventListener("click", () => {
      const first = heading.firstElementChild.dataset.first;
      const other = first === "ascending" ? "descending" : "ascending";
      const order = heading.getAttribute("aria-sort") === first ? other : first;
      const sign = order === "ascending" ? 1 : -1;
      for (const each of headings) each.setAttribute("aria-sort", each === heading ? order : "none");
      const body = table.tBodies[0];
      const keyed = [...body.rows].map((row) => [number ? key(row.cells[number]) : row.cells[0].textContent, row]);
      keyed.sort(number ? byValue(sign) : byText(sign));
      body.append(...keyed.map(([, row]) => row));
    }));
  }

  document.getElementById("all-columns")?.addEventListener("click", ({ currentTarget: button }) => {
    const all = button.closest("section").querySelector("table").classList.toggle("all");
    button.setAttribute("aria-pressed", all);
  });

  // plots

  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const layout = (x, y) => {
    const axis = (title) => ({
      title: { text: text(title), standoff: 12 }, automargin: true, gridcolor: colour("--line"),
      linecolor: colour("--dim"), zeroline: false,
    });
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, dragmode: false,
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("--ink") }, margin: { l: 56, r: 16, t: 12, b: 48 },
      xaxis: axis(x), yaxis: axis(y), hoverlabel: { namelength: -1 },
    };
  };
  const config = { displayModeBar: false, responsive: true };
  const bars = (halves, more = {}) => ({
    type: "data", array: halves, visible: halves.some((half) => half > 0), thickness: 1.2, ...more,
  });
  const place = (id) => document.querySelector(`#${id} .plot`);
  const choice = (id) => document.getElementById(id);
  const half = (cell) => (cell && cell[1] !== null ? cell[1] : 0);

  const axisTitle = (column) => `${column.title} (${column.direction} is better)`;

  /* A range around values in which an interval that dwarfs them runs off the plot. */
  const range = (values, halves, base = [], least = 0.08) => {
    const [low, high] = [Math.min(...values, ...base), Math.max(...values, ...base)];
    const span = high - low || Math.abs(high) || 1;
    const room = least * span + Math.min(Math.max(0, ...halves), 0.75 * span);
    return [base.includes(low) ? low : low - room, high + room];
  };

  /* Which side of its point each name stands on: names of points at one height stand on different sides. */
  const sides = (points, span) => {
    let last = { y: -Infinity, side: "middle left" };
    return new Map([...points].sort((a, b) => a.y - b.y).map((point) => {
      const near = point.y - last.y < 0.06 * span;
      const side = near ? (last.side === "middle left" ? "middle right" : "middle left") : point.side;
      last = { y: point.y, side };
      return [point.number, side];
    }));
  };

  const tradeoff = () => {
    const [x, y] = ["tradeoff-x", "tradeoff-y"].map((id) => data.columns[Number(choice(id).value)]);
    const [i, j] = [x, y].map((column) => data.columns.indexOf(column));
    const named = data.rows.length <= NAMED && place("tradeoff").clientWidth > WIDE;
    const points = data.rows.flatMap((row, number) => {
      const [across, up] = [data.values[number][i], data.values[number][j]];
      return shown.has(number) && across && up ? [{ row, number, x: across[0], y: up[0], dx: half(across), dy: half(up) }] : [];
    });
    const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
    const log = xs.every((value) => value > 0) && Math.max(...xs) > 30 * Math.min(...xs);
    const along = (value) => (log ? Math.log10(value) : value);
    const xRange = range(xs.map(along), log ? [] : points.map((p) => p.dx), [], named ? 0.2 : 0.08);
    const yRange = range(ys, points.map((p) => p.dy));
    const middle = (xRange[0] + xRange[1]) / 2;
    for (const point of points) point.side = along(point.x) > middle ? "middle left" : "middle right";
    const side = sides(points, yRange[1] - yRange[0]);
    const traces = points.map(({ row, number, x: across, y: up, dx, dy }) => ({
      type: "scatter", mode: named ? "markers+text" : "markers", name: text(row.label),
      x: [across], y: [up], error_x: bars([dx]), error_y: bars([dy]),
      text: [`  ${text(row.label)}  `], textposition: side.get(number), textfont: { size: 11, color: colour("--dim") },
      cliponaxis: false,
      hovertemplate: `%{text}<br>${text(x.title)} %{x}<br>${text(y.title)} %{y}<extra></extra>`,
      marker: {
        color: row.colour, symbol: row.front ? row.plot_symbol : `${row.plot_symbol}-open`, size: 12,
        line: { width: 2, color: row.colour },
      },
    }));
    const drawn = layout(axisTitle(x), axisTitle(y));
    if (log) Object.assign(drawn.xaxis, { type: "log", dtick: "D2" });
    if (points.length) [drawn.xaxis.range, drawn.yaxis.range] = [xRange, yRange];
    return Plotly.react(place("tradeoff"), traces, drawn, config);
  };

  const curves = () => {
    const series = choice("curves-y").value;
    const traces = data.curves.flatMap((curve) => {
      const row = data.rows[curve.row];
      if (!shown.has(curve.row) || !curve.series[series]) return [];
      const best = curve.steps.map((step) => (step === curve.best_step ? 10 : 5));
      return [{
        type: "scatter", mode: "lines+markers", name: text(curve.label), x: curve.steps, y: curve.series[series],
        connectgaps: true, line: { color: row.colour, dash: row.dash, width: 2 },
        marker: { color: row.colour, symbol: row.plot_symbol, size: best },
        hovertemplate: "%{fullData.name}<br>step %{x}: %{y:.4g}<extra></extra>",
      }];
    });
    return Plotly.react(place("curves"), traces, layout("step", series), config);
  };

  const conditions = () => {
    const chosen = data.conditions[Number(choice("conditions-y").value)];
    const traces = data.rows.flatMap((row, number) => {
      const cells = chosen.columns.map((column) => data.values[number][column]);
      if (!shown.has(number) || cells.every((cell) => !cell)) return [];
      return [{
        type: "bar", name: text(row.label), x: chosen.groups.map(text), y: cells.map((cell) => (cell ? cell[0] : null)),
        error_y: bars(cells.map(half), { color: colour("--ink") }), marker: { color: row.colour },
        hovertemplate: "%{fullData.name}<br>%{x}: %{y:.4g}<extra></extra>",
      }];
    });
    const drawn = { ...layout("", chosen.title), barmode: "group" };
    drawn.xaxis.type = "category";
    const known = traces.flatMap((trace) => trace.y.map((value, n) => [value, trace.error_y.array[n]]));
    const values = known.filter(([value]) => value !== null);
    if (values.length) drawn.yaxis.range = range(values.map(([v]) => v), values.map(([, h]) => h), [0]);
    return Plotly.react(place("conditions"), traces, drawn, config);
  };

  const plots = { tradeoff, curves, conditions };
  const draw = () => Promise.all(Object.keys(plots).filter(place).map((id) => plots[id]()));
  const offer = (id, options, chosen) => {
    if (!choice(id)) return;
    for (const [value, title] of options) choice(id).add(new Option(title, value, false, value === chosen));
    choice(id).addEventListener("change", plots[id.split("-")[0]]);
  };
  const numbered = data.columns.map((column, number) => [number, column.title]).filter(([n]) => !data.columns[n].group);
  offer("tradeoff-y", numbered, data.start.y);
  offer("tradeoff-x", numbered, data.start.x);
  offer("curves-y", data.series.map((name) => [name, name]), data.series[0]);
  offer("conditions-y", data.conditions.map((each, number) => [number, each.title]), 0);

  // what is shown

  const refresh = () => {
    for (const panel of document.querySelectorAll("figure[data-row]")) panel.hidden = !shown.has(Number(panel.dataset.row));
    return draw();
  };
  const boxes = [...document.querySelectorAll("[data-toggle]")];
  const set = (box) => shown[box.checked ? "add" : "delete"](Number(box.dataset.toggle));
  for (const box of boxes) box.addEventListener("change", () => { set(box); refresh(); });
  for (const button of document.querySelectorAll("[data-check]")) {
    button.addEventListener("click", () => {
      for (const box of boxes) { box.checked = button.dataset.check === "all"; set(box); }
      refresh();
    });
  }

  // buttons

  const content = (id) => {
    const place = document.getElementById(id);
    return place.type === "application/json" ? JSON.parse(place.textContent) : place.textContent;
  };
  for (const button of document.querySelectorAll("[data-save]")) {
    button.addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([content(button.dataset.save)], { type: button.dataset.type }));
      link.download = button.dataset.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      told.textContent = `saved ${button.dataset.name}`;
    });
  }
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        told.textContent = "copied";
      } catch { // without the clipboard's permission it is at least selected
        getSelection().selectAllChildren(source);
        told.textContent = "selected: copy it with the keyboard";
      }
    });
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");
  document.getElementById("theme").addEventListener("click", () => {
    const now = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    try { localStorage.setItem("mdf-theme", root.dataset.theme); } catch { /* no storage: for this visit alone */ }
    draw();
  });
  dark.addEventListener("change", draw);
  draw();
})();
