// Opens a page in headless Chromium and stays there until the test ends this process.
const puppeteer = require("puppeteer-core");

(async () => {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  const stop = () => browser.close().finally(() => process.exit(0));
  process.on("SIGTERM", stop);
  const page = await browser.newPage();
  page.on("console", (message) => console.error(`page: ${message.text()}`));
  page.on("pageerror", (error) => console.error(`page: ${error.message}`));
  await page.goto(process.env.PAGE);
  // Leaving the page sends what is still unsent as a beacon.
  process.stdin.on("data", async () => {
    await page.goto("about:blank");
    console.log("left");
  });
  process.stdin.on("end", stop);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
