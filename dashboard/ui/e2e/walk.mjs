/**
 * Walks through the page as a reviewer does, against the real server:
 *
 *   node e2e/walk.mjs BASE_URL USER PASSWORD OUT_DIR [--dismiss]
 *
 * Signs in, waits for an alert to arrive by itself, checks its pictures and clip, decides it, and
 * checks that the list agrees. Writes screenshots to OUT_DIR and one line of JSON to stdout; exits
 * with 0 when everything held, else with 1. The browser is $CHROMIUM or /usr/bin/chromium.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { inBrowser } from "./browser.mjs";

const DEADLINE_MS = 60_000;
const [base, user, password, out, ...flags] = process.argv.slice(2);
const decision = flags.includes("--dismiss") ? "dismissed" : "confirmed";

const result = { ok: false, step: "start", decision, alert: null, clip: null, problems: [] };
try {
  if (!out) throw new Error("usage: walk.mjs BASE_URL USER PASSWORD OUT_DIR [--dismiss]");
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
  await page.getByTestId("login").waitFor();
  await shoot(page, "login");
  await page.getByTestId("login-name").fill(user);
  await page.getByTestId("login-password").fill(password);
  await page.getByTestId("login-submit").click();
  const refused = page.getByTestId("login-error");
  await page.getByTestId("connection").or(refused).waitFor();
  if (await refused.isVisible()) throw new Error(`login refused: ${await refused.textContent()}`);

  result.step = "wait for an alert";
  await page.locator('[data-testid="connection"][data-state="online"]').waitFor();
  await page.locator('[data-testid="map"][data-ready="true"]').first().waitFor();
  // Marks this document: if it is gone later, the alert came by a reload, not by itself.
  await page.evaluate(() => Object.assign(window, { notReloaded: true }));
  const row = page.locator('[data-testid="alert-row"][data-state="open"]').first();
  await row.waitFor();
  if (!(await page.evaluate(() => window.notReloaded === true))) throw new Error("the page was reloaded");
  result.alert = await row.getAttribute("data-alert");
  await shoot(page, "overview");

  result.step = "open the alert";
  await page.locator(`[data-alert="${result.alert}"]`).click();
  for (const moment of ["first", "last"]) await pictureShown(page, `${moment}-scene-img`);
  result.clip = await clipShown(page);
  await page.getByTestId("rule").waitFor();
  await page.locator('[data-testid="place-image"], [data-testid="map"][data-ready="true"]').first().waitFor();
  await page.locator('[data-testid="view"][data-view="masked"]').waitFor();
  await shoot(page, "alert");

  result.step = "see the original, with a reason";
  await page.getByTestId("view-original").click();
  await page.getByTestId("reason").fill("辨认车牌");
  await page.getByTestId("reason-ok").click();
  await page.locator('[data-testid="view"][data-view="original"]').waitFor();
  const bare = await page.getByTestId("first-scene-img").getAttribute("src");
  if (!bare?.includes("view=original&reason=")) throw new Error(`the original is asked for as ${bare}`);
  for (const moment of ["first", "last"]) await pictureShown(page, `${moment}-scene-img`);
  await shoot(page, "original");
  await page.getByTestId("view-masked").click();
  await page.locator('[data-testid="view"][data-view="masked"]').waitFor();

  result.step = "decide";
  if (decision === "dismissed") {
    await page.getByTestId("dismiss").click();
    await page.getByTestId("reason-loading").click();
    await page.getByTestId("dismiss-ok").click();
  } else {
    await page.getByTestId("confirm").click();
    await page.getByTestId("confirm-ok").click();
  }
  await page.locator(`[data-testid="alert-state"][data-state="${decision}"]`).waitFor();
  await page.getByTestId("decided").waitFor();
  await shoot(page, decision);

  result.step = "find it in the list";
  await page.getByTestId("back").click();
  await page.getByTestId(`filter-${decision}`).click();
  await page.locator(`[data-alert="${result.alert}"][data-state="${decision}"]`).waitFor();
  await shoot(page, "overview-after");
  result.step = "done";
}

async function pictureShown(page, testid) {
  await page.getByTestId(testid).waitFor();
  await page.waitForFunction(
    (id) => document.querySelector(`[data-testid="${id}"]`)?.naturalWidth > 0,
    testid,
    { timeout: DEADLINE_MS },
  );
}

/** "loaded", or what the page says about a clip that is not there. */
async function clipShown(page) {
  const shown = await page.waitForFunction(
    () => {
      const state = document.querySelector('[data-testid="clip-state"]');
      if (state) return state.textContent;
      return document.querySelector('[data-testid="clip-video"]')?.readyState >= 1 && "loaded";
    },
    undefined,
    { timeout: DEADLINE_MS },
  );
  return shown.jsonValue();
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
