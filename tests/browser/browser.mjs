// A page of a report in Chromium, and what can be asked of it.

import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const reports = process.env.TOWPATH_REPORTS;

const chromium = process.env.PATH.split(delimiter).map((folder) => join(folder, "chromium")).find((path) => existsSync(path));

/// In a container, processes have fewer rights than Chromium's sandbox asks for; what is opened are our own files.
export const launch = () =>
  puppeteer.launch({ executablePath: chromium, headless: true, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });

/// How long it takes until a page can be used, and how long the processor works for it till all of it is there, in milliseconds.
export const timed = async (browser, name) => {
  const page = await browser.newPage();
  const client = await page.createCDPSession();
  await client.send("Performance.disable");
  await client.send("Performance.setTimeDomain", { timeDomain: "threadTicks" });
  await client.send("Performance.enable");
  await page.goto(pathToFileURL(join(reports, name)).href);
  const time = await page.evaluate(() => performance.getEntriesByName("interactive")[0].startTime);
  const { metrics } = await client.send("Performance.getMetrics");
  const work = metrics.find((metric) => metric.name === "ThreadTime").value * 1000;
  await page.close();
  return { time: Math.round(time), work: Math.round(work) };
};

export class Report {
  // Everything that should never be: errors, violations of the policy, dialogs, requests.
  troubles = [];

  static async open(browser, name, { hash = "", scheme = "light", scripts = true } = {}) {
    const report = new Report();
    report.page = await browser.newPage();
    await report.page.setViewport({ width: 1280, height: 900 });
    await report.page.setJavaScriptEnabled(scripts);
    await report.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    report.watch();
    report.address = pathToFileURL(join(reports, name)).href;
    await report.page.goto(report.address + hash);
    return report;
  }

  watch() {
    const { page, troubles } = this;
    page.on("console", (message) => {
      if (["error", "warning", "warn"].includes(message.type())) troubles.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
    page.on("dialog", async (dialog) => {
      troubles.push(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    page.on("request", (request) => {
      if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) troubles.push(`request: ${request.url()}`);
      else if (request.resourceType() !== "document" && !request.url().startsWith("data:")) troubles.push(`request: ${request.url()}`);
    });
  }

  count() {
    return this.text("#count");
  }

  text(selector) {
    return this.page.$eval(selector, (element) => element.textContent);
  }

  /// An attribute of the first element.
  attribute(selector, name) {
    return this.page.$eval(selector, (element, name) => element.getAttribute(name), name);
  }

  /// The numbers of the rows that are shown, in their order.
  rows() {
    return this.page.$$eval("#rows > tr[id^=w]", (rows) =>
      rows.filter((row) => row.getClientRects().length).map((row) => Number(row.cells[0].textContent)),
    );
  }

  /// The texts of a column of the rows that are shown.
  column(selector) {
    return this.page.$$eval(`#rows > tr:not([hidden]) > ${selector}`, (cells) => cells.map((cell) => cell.innerText.trim()));
  }

  hash() {
    return this.page.evaluate(() => decodeURIComponent(location.hash.slice(1)).replaceAll("+", " "));
  }

  /// A click, wherever the element stands.
  click(selector) {
    return this.page.$eval(selector, (element) => element.click());
  }

  /// What axe has to say, in words.
  async axe() {
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 200)} ${any[0]?.message ?? ""}`).join(" | ")}`);
  }

  close() {
    return this.page.close();
  }
}
