/** The browser of the walks: Debian's Chromium, or $CHROMIUM, without a screen. */
import { chromium } from "playwright-core";

/** Opens a page and lets `act` use it; errors of the page become `problems`. */
export async function inBrowser(deadlineMs, problems, act) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // MapLibre needs WebGL; this one is drawn by the CPU.
      "--use-gl=angle",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
    ],
  });
  try {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: "zh-CN",
      timezoneId: "Asia/Shanghai",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(deadlineMs);
    page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
    await act(page);
  } finally {
    await browser.close();
  }
}
