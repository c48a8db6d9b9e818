/* Opens report.html as people do, and says what is wrong with it.
 *
 *     node report.mjs PICTURES REPORT.html...
 *
 * Each report is opened at phone and desktop width, light and dark. Fails on an error of the console, on any request,
 * on a chart that is not drawn, on a filter, a sort or a drawer that does not do what it says, on text wider than a
 * phone, on a serious fault that axe finds. Leaves a screenshot of each in PICTURES, named after the report's folder.
 */
import { readFileSync, mkdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";

// the packages are installed outside the clone, in the folder that this is called from
const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [pictures, ...reports] = process.argv.slice(2);
if (!pictures || reports.length === 0) throw new Error("usage: node report.mjs PICTURES REPORT.html...");
mkdirSync(pictures, { recursive: true });

const VIEWS = [
  { name: "desktop", viewport: { width: 1360, height: 900 }, colorScheme: "light" },
  { name: "desktop-dark", viewport: { width: 1360, height: 900 }, colorScheme: "dark" },
  { name: "phone", viewport: { width: 390, height: 844 }, colorScheme: "light", isMobile: true, hasTouch: true },
  { name: "phone-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true, hasTouch: true },
];
/** A page opens within a second: of the processor, so that a machine with other work to do says the same. */
const OPEN_MS_MAX = 1000;

const faults = [];
let place = "";
const hold = (right, fault) => { if (!right) faults.push(`${place}: ${fault}`); };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

for (const report of reports) {
  for (const view of VIEWS) {
    const name = basename(dirname(resolve(report)));
    place = `${name}, ${view.name}`;
    const url = pathToFileURL(resolve(report)).href;
    const context = await browser.newContext({ ...view, deviceScaleFactor: view.isMobile ? 2 : 1 });
    const page = await context.newPage();
    page.on("console", (m) => hold(!["error", "warning"].includes(m.type()), `console: ${m.text()}`));
    page.on("pageerror", (e) => hold(false, `error: ${e.message}`));
    page.on("request", (r) => hold(r.url() === url, `asks for ${r.url()}`));
    const devtools = await context.newCDPSession(page);
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.goto(url);
    await page.waitForSelector("html[data-ready=yes]", { timeout: 10_000 });
    const { metrics } = await devtools.send("Performance.getMetrics");
    const opened = 1000 * metrics.find((m) => m.name === "TaskDuration").value;
    hold(opened < OPEN_MS_MAX, `opens in ${Math.round(opened)} ms`);
    // from here on what is far down is laid out too, so that it is looked at
    await page.addStyleTag({ content: "section > * { content-visibility: visible !important; }" });

    const n = await charts(page);
    hold(n >= 2, `${n} charts`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    hold(wide <= 0, `is ${wide} px wider than the screen`);
    if (await page.locator("#worklist").count()) await worklist(page);
    await accessible(page);
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(pictures, `${name}-${view.name}.png`), fullPage: true });
    if (view.name === "desktop") await page.pdf({ path: join(pictures, `${name}.pdf`), format: "A4" });
    await currencies(page);
    console.log(`${place}: ${n} charts, opened in ${Math.round(opened)} ms`);
    await context.close();
  }
}
await browser.close();
faults.forEach((f) => console.error(`FAULT ${f}`));
if (faults.length) process.exit(1);

/** Every chart that can be seen has ink on it. */
async function charts(page) {
  const drawn = await page.evaluate(() => [...document.querySelectorAll("figure.chart")]
    .filter((f) => f.offsetParent !== null)
    .map((f) => {
      const canvas = f.querySelector("canvas");
      // a copy is read: reading a canvas itself slows it down, and the console says so
      const copy = new OffscreenCanvas(canvas.width || 1, canvas.height || 1).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const ink = copy.getImageData(0, 0, canvas.width || 1, canvas.height || 1).data.some((v) => v !== 0);
      return { kind: f.dataset.chart, drawn: f.dataset.drawn === "yes" && ink };
    }));
  drawn.forEach((c) => hold(c.drawn, `chart ${c.kind} is not drawn`));
  return drawn.length;
}

/** Every currency's charts are drawn once it is chosen. */
async function currencies(page) {
  if (!(await page.locator("#currency").count())) return;
  for (const c of await page.locator("#currency option").allTextContents()) {
    await page.selectOption("#currency", c);
    await charts(page);
    const others = await page.evaluate((c) => [...document.querySelectorAll("[data-currency]")]
      .filter((el) => el.dataset.currency !== c && el.offsetParent !== null).length, c);
    hold(others === 0, `other currencies are shown beside ${c}`);
  }
}

async function worklist(page) {
  const rows = page.locator("#worklist > tbody > tr:not([hidden]):not(.detail)");
  const all = await rows.count();
  const texts = (column) => page.evaluate((column) => {
    const at = [...document.querySelectorAll("#worklist > thead th")].findIndex((h) => h.dataset.c === column);
    return [...document.querySelectorAll("#worklist > tbody > tr:not([hidden]):not(.detail)")]
      .map((r) => r.children[at].dataset.v ?? r.children[at].textContent);
  }, column);

  const id = (await texts("customer_id"))[Math.min(2, all - 1)];
  await page.fill("#find", id);
  const found = await texts("customer_id");
  hold(found.includes(id) && found.every((f) => f.toLowerCase().includes(id.toLowerCase())), `search for ${id} finds ${found.slice(0, 3)}`);
  const told = await page.locator("#shown").textContent();
  hold(told.startsWith(`${found.length} of `), `search tells ${told}, ${found.length} rows are shown`);
  await page.fill("#find", "no customer is called that");
  hold((await rows.count()) === 0, "search for nothing finds something");
  await page.fill("#find", "");
  hold((await rows.count()) === all, "an empty search does not show all");

  for (const action of await page.locator("#action option:not([value=''])").evaluateAll((o) => o.map((x) => x.value))) {
    await page.selectOption("#action", action);
    const got = await texts("action");
    hold(got.length > 0 && got.every((a) => a === action), `filter by action ${action} shows ${[...new Set(got)]}`);
  }
  await page.selectOption("#action", "");
  await page.check("#overdue");
  hold((await texts("overdue_amount")).every((v) => Number(v) > 0), "overdue only shows what is not");
  await page.uncheck("#overdue");

  for (const [column, want] of [["open_amount", -1], ["open_amount", 1], ["rank", 1]]) {
    await page.locator(`#worklist th[data-c=${column}] button`).click();
    const got = (await texts(column)).map(Number);
    const sorted = got.every((v, k) => k === 0 || want * (v - got[k - 1]) >= 0);
    hold(sorted, `sorting by ${column} gives ${got.slice(0, 4)}`);
  }
  const drawer = page.locator("#worklist tbody th button").first();
  await drawer.focus();
  await page.keyboard.press("Enter");
  const listed = await page.locator("#worklist tr.detail tbody tr").count();
  hold(listed > 0 && (await drawer.getAttribute("aria-expanded")) === "true", "a customer does not open by keyboard");
  await accessible(page);
  await page.keyboard.press("Enter");
  hold((await page.locator("#worklist tr.detail").count()) === 0, "a customer does not close");
}

async function accessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  for (const v of violations.filter((v) => ["serious", "critical"].includes(v.impact))) {
    hold(false, `axe ${v.id}: ${v.help}; ${v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).join("; ")}`);
  }
}
