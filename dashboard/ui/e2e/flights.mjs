/**
 * Brings a flight to the page as a reviewer does, against the real server:
 *
 *   node e2e/flights.mjs BASE_URL USER PASSWORD OUT_DIR FLIGHT_DIR
 *
 * Signs in, looks at the aircraft that are heard live, uploads every file of FLIGHT_DIR, waits until the flight has
 * been looked at, and checks map, video, findings, warnings, and the coverage of the cells of the grid, which the server
 * must have. Writes screenshots to OUT_DIR and one line of JSON to stdout; exits with 0 when everything
 * held and the page logged no error, else with 1. The browser is $CHROMIUM or /usr/bin/chromium.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inBrowser } from "./browser.mjs";

const DEADLINE_MS = 120_000;
const [base, user, password, out, folder] = process.argv.slice(2);

const result = { ok: false, step: "start", aircraft: 0, files: 0, findings: 0, warnings: [], cells: 0, problems: [] };
try {
  if (!folder) throw new Error("usage: flights.mjs BASE_URL USER PASSWORD OUT_DIR FLIGHT_DIR");
  mkdirSync(out, { recursive: true });
  await inBrowser(DEADLINE_MS, result.problems, walk);
  result.ok = result.problems.length === 0;
} catch (error) {
  result.problems.push(error instanceof Error ? error.message : String(error));
}
console.log(JSON.stringify(result));
process.exitCode = result.ok ? 0 : 1;

async function walk(page) {
  result.step = "sign in";
  await page.goto(new URL("/", base).href);
  await page.getByTestId("login-name").fill(user);
  await page.getByTestId("login-password").fill(password);
  await page.getByTestId("login-submit").click();
  await page.locator('[data-testid="connection"][data-state="online"]').waitFor();
  // Not before: asking who is signed in is refused until somebody is, and browsers log that.
  page.on("console", (message) => {
    if (message.type() === "error") result.problems.push(`console, ${result.step}: ${message.text()}`);
  });

  result.step = "find the flights";
  await page.getByTestId("nav-flights").click();
  await page.getByTestId("flights-empty").waitFor();
  await shoot(page, "no-flights");

  result.step = "see who is in the air";
  const view = (text) => page.getByTestId("flight-views").getByText(text, { exact: true });
  await view("在空中").click();
  const aircraft = page.getByTestId("aircraft").locator("li[data-serial]");
  await aircraft.first().waitFor();
  result.aircraft = await aircraft.count();
  await page.locator('[data-testid="map"][data-ready="true"] [data-testid="aircraft-marker"][data-heading="known"]').waitFor();
  await aircraft.first().getByRole("button").click();
  await page.locator('[data-testid="aircraft-marker"][data-selected="true"]').waitFor();
  await shoot(page, "in-the-air");
  await view("飞行记录").click();

  result.step = "upload";
  const files = readdirSync(folder).sort();
  await page.getByTestId("file-input").setInputFiles(files.map((name) => join(folder, name)));
  await page.waitForURL(/\/flights\/\d+$/);
  const state = (name) => page.locator(`[data-testid="flight-state"][data-state="${name}"]`);
  await state("queued").or(state("processing")).or(state("done")).waitFor();
  await page.screenshot({ path: join(out, "processing.png") });

  result.step = "wait until it is looked at";
  await state("done").waitFor();

  result.step = "find it in the list";
  const address = page.url();
  await page.getByTestId("nav-flights").click();
  const row = page.locator('[data-testid="flight-row"][data-state="done"]');
  await row.waitFor();
  await shoot(page, "flights");
  await row.click();
  await page.waitForURL(address);

  result.step = "see the report";
  await page.locator('[data-testid="map"][data-ready="true"] canvas').waitFor();
  await page.waitForFunction(() => document.querySelector('[data-testid="flight-video"]')?.readyState >= 2);
  const rows = page.getByTestId("findings").locator("tbody tr[data-row-key]");
  await rows.first().waitFor();
  result.findings = await rows.count();
  await shoot(page, "report");

  result.step = "choose a finding";
  const now = await page.getByTestId("now").textContent();
  await rows.nth(result.findings - 1).click();
  await page.waitForFunction((before) => document.querySelector('[data-testid="now"]')?.textContent !== before, now);
  await shoot(page, "finding");

  result.step = "read the warnings";
  await page.locator('[data-node-key="warnings"]').click();
  const warnings = page.getByTestId("warnings").locator("li[data-code]");
  await warnings.first().waitFor();
  result.warnings = await warnings.evaluateAll((items) => items.map((item) => item.dataset.code));
  await shoot(page, "warnings");

  result.step = "find its files";
  result.files = files.length;
  const flight = await page.evaluate((id) => fetch(`/api/flights/${id}`).then((answer) => answer.json()), address.split("/").pop());
  const stored = flight.file_list.map(({ name }) => name).sort();
  if (stored.join() !== files.join()) throw new Error(`the flight has ${stored}, not ${files}`);

  result.step = "see what was covered";
  await page.goto(new URL("/flights/coverage?days=365", base).href);
  const cells = page.getByTestId("coverage-fences").locator("li[data-fence]");
  await cells.first().waitFor();
  result.cells = await cells.count();
  await page.locator('[data-testid="map"][data-ready="true"] canvas').waitFor();
  await shoot(page, "coverage");

  result.step = "find the cells that nobody saw";
  const unseen = await page.locator('li[data-unseen="true"]').count();
  await page.getByTestId("only-unseen").click();
  await page.locator(`[data-testid="coverage-fences"][data-count="${unseen}"]`).waitFor();
  if ((await page.locator('li[data-unseen="false"]').count()) !== 0) throw new Error("a cell that was seen is listed as unseen");
  await page.getByTestId("only-unseen").click();

  result.step = "choose a cell";
  await cells.last().getByRole("button").click();
  await page.locator('li[data-fence] button[aria-pressed="true"]').waitFor();
  await hover(page, page.getByTestId("cell-card"));
  await shoot(page, "cell");

  result.step = "see the fences";
  await page.getByTestId("coverage-of").locator("label").last().click();
  await page.locator('li[data-fence="kerb-west-1"]').waitFor();
  await shoot(page, "fences");

  result.step = "take the coverage along";
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("coverage-download").click()]);
  const told = JSON.parse(readFileSync(await download.path(), "utf8"));
  const grid = told.features.filter(({ properties }) => properties.kind === "grid");
  if (grid.length !== result.cells) throw new Error(`the file has ${grid.length} cells, the page ${result.cells}`);
  result.step = "done";
}

/** Over the middle of the map, which may still be on its way to what was chosen: a mouse at rest tells it nothing. */
async function hover(page, card) {
  for (let moves = 0; !(await card.isVisible()); moves += 1) {
    if (moves === DEADLINE_MS / 200) throw new Error("nothing is told of the cell under the mouse");
    await page.mouse.move(1440 * 0.35 + (moves % 5), 900 * 0.55);
    await card.waitFor({ timeout: 200 }).catch(() => undefined);
  }
}

/** In both languages, and back to Chinese. */
async function shoot(page, name) {
  for (const language of ["zh-CN", "en"]) {
    if ((await page.evaluate(() => document.documentElement.lang)) !== language) {
      await page.getByTestId("language").click();
      await page.locator(`html[lang="${language}"]`).waitFor();
    }
    await page.screenshot({ path: join(out, `${name}.${language}.png`) });
  }
  await page.getByTestId("language").click();
  await page.locator('html[lang="zh-CN"]').waitFor();
}
