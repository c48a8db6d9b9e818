/* Charts are drawn from the tables of the page, and from nothing else: a chart cannot say what its table does not. */
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  let colors = {};
  const color = (name) => (colors[name] ??= getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim());
  const raw = (cell) => cell.dataset.v ?? cell.textContent;
  const value = (cell) => (raw(cell) === "" || raw(cell) === "–" ? null : Number(raw(cell)));
  const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  const cents = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
  const share = (p) => (100 * p).toFixed(1) + "\u00a0%";
  const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const day = (iso) => Number(iso.slice(8)) + " " + months[Number(iso.slice(5, 7)) - 1];

  /** The cells of a column of a table, by the key or the name on its heading. */
  const column = (table, key) => {
    const heads = all("thead th", table);
    const at = heads.findIndex((h) => (h.dataset.k ?? h.dataset.c) === key);
    return all("tbody tr", table).map((row) => row.children[at]);
  };
  const numbers = (table, key) => column(table, key).map(value);
  const texts = (table, key) => column(table, key).map((cell) => cell.textContent);

  const axis = (extra = {}) => ({
    grid: { color: color("line"), drawTicks: false },
    border: { display: false },
    ticks: { color: color("soft"), padding: 6 },
    ...extra,
  });
  const money = (extra = {}) => {
    const a = axis(extra);
    a.ticks = { ...a.ticks, includeBounds: extra.includeBounds ?? true, callback: (v) => compact.format(v), maxTicksLimit: 6 };
    return a;
  };
  const plain = (extra = {}) => axis({ grid: { display: false }, ...extra });
  const options = (scales, more = {}) => ({
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    scales,
    ...more,
    plugins: {
      legend: {
        align: "start",
        onClick: () => {},
        labels: {
          color: color("soft"), usePointStyle: true, boxWidth: 8, boxHeight: 7, padding: 14,
          filter: (item) => !item.text.startsWith("_"),
        },
      },
      tooltip: {
        backgroundColor: color("ink"), titleColor: color("bg"), bodyColor: color("bg"), padding: 10, cornerRadius: 6,
        boxPadding: 4, usePointStyle: true,
        filter: (item) => !item.dataset.label.startsWith("_") && item.raw !== null,
      },
      ...more.plugins,
    },
  });
  const bars = (label, data, fill, more = {}) => ({
    type: "bar", label, data, backgroundColor: fill, borderRadius: 2, grouped: false, categoryPercentage: 1,
    barPercentage: 0.72, maxBarThickness: 64, pointStyle: "rect", order: 5, ...more,
  });
  const hollow = (label, data) => bars(label, data, "transparent", {
    borderColor: color("due"), borderWidth: 1.5, borderSkipped: false, order: 4,
  });
  const edge = (label, data, fill) => ({
    type: "line", label, data, borderWidth: 0, pointRadius: 0, pointHitRadius: 0, tension: 0, order: 3,
    pointStyle: "rect", backgroundColor: fill ? fill.color : "transparent", fill: fill ? { target: fill.target } : false,
  });
  const line = (label, data) => ({
    type: "line", label, data, borderColor: color("expected"), backgroundColor: color("expected"), borderWidth: 2.5,
    pointRadius: 2.5, pointHoverRadius: 5, tension: 0, order: 1, pointStyle: "circle",
  });

  /** A hairline between what came in and what is expected. */
  const now = (at) => ({
    id: "now",
    afterDatasetsDraw(chart) {
      if (at <= 0) return;
      const { ctx, chartArea, scales } = chart;
      const x = (scales.x.getPixelForValue(at - 1) + scales.x.getPixelForValue(at)) / 2;
      ctx.save();
      ctx.strokeStyle = color("soft");
      ctx.setLineDash([3, 3]);
      ctx.beginPath();
      ctx.moveTo(x, chartArea.top);
      ctx.lineTo(x, chartArea.bottom);
      ctx.stroke();
      ctx.restore();
    },
  });
  /** The value at the end of each horizontal bar. */
  const ends = {
    id: "ends",
    afterDatasetsDraw(chart) {
      const { ctx } = chart;
      ctx.save();
      ctx.fillStyle = color("ink");
      ctx.font = `12px ${Chart.defaults.font.family}`;
      ctx.textBaseline = "middle";
      chart.getDatasetMeta(0).data.forEach((bar, k) => {
        ctx.fillText(compact.format(chart.data.datasets[0].data[k]), Math.max(bar.x, bar.base) + 6, bar.y);
      });
      ctx.restore();
    },
  };

  /** The fan: expected cash and its bands, what falls due, and what came in before. */
  const fan = (fig, future, past, keys) => {
    const before = past ? numbers(past, "received") : [];
    const pad = before.map(() => null);
    const ahead = (key) => pad.concat(numbers(future, key));
    const labels = (past ? texts(past, "period_start") : []).concat(texts(future, "period_start"));
    const data = [line("Expected", ahead("expected"))];
    if (keys.inner) data.push(edge("_", ahead("p75")), edge("Five in ten", ahead("p25"), { target: 1, color: color("band-in") }));
    const target = data.length;
    data.push(edge("_", ahead("p90")), edge("Eight in ten", ahead("p10"), { target, color: color("band") }));
    data.push(hollow(keys.due, ahead("due")));
    if (past) data.push(bars("Came in", before.concat(numbers(future, "due").map(() => null)), color("came")));
    if (keys.came) data.push(bars("Came in", numbers(future, "came"), color("came")));
    const range = (item, low, high) => {
      const k = item.dataIndex - pad.length;
      return `${item.dataset.label}: ${whole.format(value(column(future, low)[k]))} to ${whole.format(value(column(future, high)[k]))}`;
    };
    return {
      type: "bar",
      data: { labels, datasets: data },
      plugins: [now(pad.length)],
      options: options(
        {
          x: plain({ ticks: { color: color("soft"), maxRotation: 0, autoSkipPadding: 14, callback: (v) => day(labels[v]) } }),
          y: money({ beginAtZero: true }),
        },
        {
          interaction: { mode: "index", intersect: false },
          plugins: {
            tooltip: {
              ...options({}).plugins.tooltip,
              callbacks: {
                title: (items) => (items.length ? "From " + labels[items[0].dataIndex] : ""),
                label: (item) => {
                  if (item.dataset.label === "Five in ten") return range(item, "p25", "p75");
                  if (item.dataset.label === "Eight in ten") return range(item, "p10", "p90");
                  return `${item.dataset.label}: ${whole.format(item.raw)}`;
                },
              },
            },
          },
        },
      ),
    };
  };

  const kinds = {
    cash: (fig) => fan(fig, one("table[data-role=week]", fig), one("table[data-t=receipts]", fig), { inner: true, due: "Falls due" }),
    outcome: (fig) => fan(fig, one("table", fig), null, { inner: false, came: true, due: "Fell due" }),
    aging: (fig) => {
      const table = one("table[data-pivot=amount]", fig);
      const labels = all("thead th", table).slice(1).map((h) => h.textContent);
      const data = all("tbody tr:first-child td", table).map(value);
      const fill = labels.map((l, k) => color("age-" + (l === "unapplied" ? 5 : Math.min(k, 4))));
      return {
        type: "bar",
        data: { labels, datasets: [bars("Open", data, fill)] },
        plugins: [ends],
        options: options(
          { x: money({ min: 1.15 * Math.min(0, ...data) || 0, includeBounds: false }), y: plain() },
          { indexAxis: "y", layout: { padding: { right: 40 } }, plugins: { legend: { display: false } } },
        ),
      };
    },
    risk: (fig) => {
      const table = one("table", fig);
      const segments = texts(table, "segment");
      const bands = texts(table, "risk_band");
      const open = numbers(table, "open_amount");
      const labels = [...new Set(segments)].slice(0, 12);
      const of = (band) => labels.map((s) => open[bands.findIndex((b, k) => b === band && segments[k] === s)] ?? 0);
      const set = (band) => ({ ...bars(band[0].toUpperCase() + band.slice(1), of(band), color(band)), grouped: true });
      one(".canvas", fig).style.height = `${4.6 + 2.2 * labels.length}rem`;
      return {
        type: "bar",
        data: { labels, datasets: ["low", "medium", "high"].map(set) },
        options: options(
          { x: money({ stacked: true }), y: plain({ stacked: true }) },
          { indexAxis: "y", plugins: { tooltip: { ...options({}).plugins.tooltip, callbacks: { label: (i) => `${i.dataset.label}: ${cents.format(i.raw)}` } } } },
        ),
      };
    },
    calibration: (fig) => {
      const inks = ["expected", "due", "high", "soft"];
      const sets = all("table", fig).map((table) => ({
        name: texts(table, "model")[0],
        points: numbers(table, "mean_late_prob").map((x, k) => ({ x, y: numbers(table, "late_share")[k] })),
      }));
      sets.sort((a, b) => (b.name === "arrears") - (a.name === "arrears"));
      const shown = sets.slice(0, inks.length).map((s, k) => ({
        type: "line", label: s.name.replaceAll("_", " "), data: s.points, showLine: true, tension: 0, borderWidth: k ? 1.5 : 2.5,
        borderColor: color(inks[k]), backgroundColor: color(inks[k]), pointRadius: k ? 2.5 : 4, order: k,
        pointStyle: ["circle", "triangle", "rect", "rectRot"][k],
      }));
      const agree = { type: "line", label: "_", data: [{ x: 0, y: 0 }, { x: 1, y: 1 }], borderColor: color("soft"), borderDash: [4, 4], borderWidth: 1, pointRadius: 0, order: 9 };
      const p = (title) => axis({
        type: "linear", min: 0, max: 1, title: { display: true, text: title, color: color("soft") },
        ticks: { color: color("soft"), callback: (v) => Math.round(100 * v) + " %", padding: 6, stepSize: 0.2 },
      });
      return {
        type: "scatter",
        data: { datasets: [...shown, agree] },
        options: options(
          { x: p("Probability given"), y: p("Share paid late") },
          { plugins: { tooltip: { ...options({}).plugins.tooltip, callbacks: { label: (i) => `${i.dataset.label}: given ${share(i.raw.x)}, paid late ${share(i.raw.y)}` } } } },
        ),
      };
    },
  };

  const charts = new Map();
  const draw = (fig) => {
    charts.get(fig)?.destroy();
    charts.set(fig, new Chart(one("canvas", fig), kinds[fig.dataset.chart](fig)));
    fig.dataset.drawn = "yes";
  };
  /** Draws what can be seen: a canvas in a hidden part has no size. */
  const drawVisible = (again) => {
    if (again) colors = {};
    const shown = all("figure.chart").filter((fig) => fig.offsetParent !== null && (again || !charts.has(fig)));
    shown.forEach(draw);
  };

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;

  /* One currency at a time, and one part of the portfolio at a time. */
  const currency = one("#currency");
  const showCurrency = () => all("[data-currency]").forEach((el) => { el.hidden = el.dataset.currency !== currency.value; });
  const showSegment = (select) => {
    all("[data-segment]", select.closest(".panel")).forEach((el) => { el.hidden = el.dataset.segment !== select.value; });
  };
  /* All is hidden that is not chosen before the first chart is drawn. */
  if (currency) showCurrency();
  all("select.segment").forEach(showSegment);
  currency?.addEventListener("change", () => { showCurrency(); drawVisible(false); });
  all("select.segment").forEach((select) => select.addEventListener("change", () => { showSegment(select); drawVisible(false); }));

  /* The worklist: sort, filter, open. */
  const list = one("#worklist");
  if (list) {
    const body = one("tbody", list);
    const rows = all("tr", body);
    const of = (name) => all("thead th", list).findIndex((h) => h.dataset.c === name);
    const at = { customer: of("customer_id"), action: of("action"), overdue: of("overdue_amount"), why: of("reason_1") };
    const total = one("#shown").textContent.split(" of ")[1];
    const close = (row) => {
      if (row.nextElementSibling?.classList.contains("detail")) row.nextElementSibling.remove();
      one("th button", row)?.setAttribute("aria-expanded", "false");
    };
    const words = rows.map((row) => `${row.children[at.customer].textContent} ${row.children[at.why].textContent}`.toLowerCase());
    const filter = () => {
      const find = one("#find").value.trim().toLowerCase();
      const action = one("#action").value;
      const hold = one("#hold").value;
      const overdue = one("#overdue").checked;
      let n = 0;
      rows.forEach((row, k) => {
        const held = row.dataset.hold ?? "";
        const keep = words[k].includes(find) && (!action || raw(row.children[at.action]) === action) &&
          (!hold || (hold === "free" ? held === "" : held === hold)) && (!overdue || value(row.children[at.overdue]) > 0);
        if (!keep) close(row);
        row.hidden = !keep;
        n += keep;
      });
      one("#shown").textContent = `${n} of ${total}`;
    };
    ["find", "action", "hold", "overdue"].forEach((id) => one("#" + id).addEventListener("input", filter));

    all("thead th", list).forEach((head, k) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === (head.classList.contains("n") && k ? "descending" : "ascending");
        const first = head.classList.contains("n") && k ? -1 : 1;
        const sign = down ? -first : first;
        all("thead th", list).forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
        const numeric = head.classList.contains("n");
        const key = (row) => (numeric ? value(row.children[k]) : raw(row.children[k]));
        rows.forEach(close);
        const sorted = rows.map((row) => [key(row), row]).sort(([a], [b]) => {
          const none = (v) => v === null || v === "";
          if (none(a) || none(b)) return none(a) - none(b);
          return sign * (numeric ? a - b : a.localeCompare(b));
        });
        body.append(...sorted.map((s) => s[1]));
      });
    });

    const data = one("#invoices");
    const invoices = data ? JSON.parse(data.textContent) : { columns: [], customers: [] };
    const place = Object.fromEntries(invoices.columns.map((c, k) => [c, k + 1]));
    const shown = [
      ["Invoice", "invoice_id"], ["Due", "due_date"], ["Days past due", "days_past_due", (v) => whole.format(v)],
      ["", "currency"], ["Open", "open_amount", (v) => cents.format(v)], ["Late", "late_prob", share],
      ["Paid in 30 days", "paid_30_prob", share], ["Half likely by", "pay_date_p50"], ["Why", "reason_1"],
    ];
    const cell = (tag, text, number) => {
      const c = document.createElement(tag);
      c.textContent = text;
      if (number) c.className = "n";
      if (tag === "th") c.scope = "col";
      return c;
    };
    const open = (row, customer) => {
      const table = document.createElement("table");
      const head = table.createTHead().insertRow();
      shown.forEach(([title, , show]) => head.append(cell("th", title || "Currency", show)));
      const inner = table.createTBody();
      customer.rows.forEach((r) => {
        const line = inner.insertRow();
        shown.forEach(([, name, show]) => {
          const v = r[place[name]];
          const text = v === null ? "–" : show ? show(v) : name === "reason_1" ? String(v).replaceAll("_", " ") : String(v);
          line.append(cell("td", text, show));
        });
      });
      const detail = document.createElement("tr");
      detail.className = "detail";
      const box = detail.insertCell();
      box.colSpan = row.children.length;
      box.append(table);
      if (customer.n > customer.rows.length) {
        const more = document.createElement("p");
        more.className = "note";
        more.textContent = `${customer.n - customer.rows.length} more in invoice_scores.parquet`;
        box.append(more);
      }
      row.after(detail);
    };
    rows.forEach((row) => {
      const customer = invoices.customers[Number(row.dataset.r)];
      if (!customer) return;
      const head = row.children[at.customer];
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.setAttribute("aria-expanded", "false");
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const isOpen = button.getAttribute("aria-expanded") === "true";
        if (isOpen) return close(row);
        open(row, customer);
        button.setAttribute("aria-expanded", "true");
      });
    });
  }

  /* Where the reader is. */
  const links = all(".toc a");
  const seen = new IntersectionObserver((entries) => entries.filter((e) => e.isIntersecting).forEach((e) => {
    links.forEach((a) => (a.hash === "#" + e.target.id ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current")));
  }), { rootMargin: "-10% 0px -80% 0px" });
  all("main section").forEach((s) => seen.observe(s));

  /* Paper is white, whatever the screen is. */
  const paint = (onPaper) => {
    document.documentElement.toggleAttribute("data-print", onPaper);
    drawVisible(true);
  };
  addEventListener("beforeprint", () => paint(true));
  addEventListener("afterprint", () => paint(false));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawVisible(true));

  drawVisible(false);
  document.documentElement.dataset.ready = "yes";
})();
