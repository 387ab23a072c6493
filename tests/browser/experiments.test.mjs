/**
 * Stories of experiments and canaries: started, watched, killed, ended with a winner.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { program, start } from "./browser.mjs";
import { client, LOOKS, newTeam, promptWith, see, signIn } from "./support.mjs";

/** How many users a story takes for numbers to say something. */
const USERS = 40;

/**
 * Users who resolve a prompt, get an answer and rate it: those of one variant like it, the others do not.
 * @param {ReturnType<typeof client>} call
 */
async function visit(call, prompt, liked, users = USERS) {
  const events = [];
  const answers = await Promise.all(
    Array.from({ length: users }, async (_, index) => {
      const user_id = `visitor-${index}`;
      const resolved = await call("POST", `/api/resolve/${encodeURIComponent(prompt)}`, { user_id });
      const id = `${resolved.experiment_id}-${index}`;
      const { prompt_id, version_id, experiment_id, variant } = resolved;
      events.push({ id, type: "inference", model: "offline", prompt_id, version_id, experiment_id, variant, user_id, request_id: id, latency_ms: 200 + index, tokens_in: 20, tokens_out: 10, status: "ok" });
      return { request_id: id, rating: variant === liked ? 1 : -1, variant };
    }),
  );
  const { accepted } = await call("POST", "/api/ingest", { events });
  assert.equal(accepted, users);
  await drain(call);
  await Promise.all(answers.map(({ request_id, rating }) => call("POST", "/api/feedback", { request_id, rating })));
  await drain(call);
  return answers;
}

/** Brings what waits in streams into the database, as the schedule does each minute. */
async function drain(call) {
  for (let round = 0; round < 3; round += 1) await call("POST", "/api/ingest/drain");
}

describe("experiments", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  before(async () => {
    started = await start();
  });
  after(() => started.stop());

  const toast = (page, text) => page.locator("[data-sonner-toast]", { hasText: text }).first();

  test("start an experiment, watch results, kill it, end it with the winner", async () => {
    const key = await newTeam(started, "Trial");
    const call = client(started.url, key);
    await promptWith(call, "support/reply", ["Answer {{ question }} at length.", "Answer {{ question }} briefly."]);
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/prompts/support%2Freply/experiments");
    await page.getByRole("link", { name: "Start an experiment" }).click();
    await page.getByLabel("Name optional").fill("Shorter answers");
    await page.getByLabel("Name of variant 2").fill("brief");
    await page.getByLabel("Weight of variant 1 in percent").fill("60");
    await page.getByRole("button", { name: /Start the experiment/ }).click();
    await page.getByText("Weights add up to 110 %, not 100 %.").waitFor();
    await page.getByRole("button", { name: "Split evenly" }).click();
    await page.getByLabel("Samples before a verdict").fill("10");
    await page.keyboard.press("ControlOrMeta+Enter");
    await toast(page, "The experiment is running").waitFor();
    await page.getByRole("heading", { name: "Shorter answers", level: 1 }).waitFor();
    await page.getByText("Waiting for the first user").waitFor();

    const answers = await visit(call, "support/reply", "brief");
    assert.deepEqual(new Set(answers.map(({ variant }) => variant)), new Set(["control", "brief"]));
    await page.reload();
    await page.locator("[data-state=winner]").getByText("brief wins").waitFor();
    await page.getByText(`${USERS} users`, { exact: true }).waitFor();
    await page.getByText("The split is as planned.").waitFor();
    const row = page.getByRole("table", { name: "Results" }).locator("tr", { hasText: "brief" }).first();
    assert.match(await row.innerText(), /100\.0 %/);

    await page.getByLabel("User id").fill("visitor-7");
    await page.getByRole("status").getByText(/has the smallest score/).waitFor();
    await page.getByRole("status").getByText(answers[7].variant, { exact: true }).first().waitFor();

    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Results as CSV" }).click()]);
    assert.match(readFileSync(await download.path(), "utf8"), /^\uFEFFexperiment_id,[^]*,Shorter answers,[^]*,winner,brief,/);

    await page.getByRole("button", { name: "Kill", exact: true }).click();
    const dialog = page.getByRole("dialog");
    assert.equal(await dialog.getByRole("button", { name: "Kill the experiment" }).getAttribute("aria-disabled"), "true", "not before the name is typed");
    await dialog.getByLabel(/Type Shorter answers/).fill("Shorter answers");
    await dialog.getByRole("button", { name: "Kill the experiment" }).click();
    await toast(page, "The experiment is killed").waitFor();
    await page.getByText("Killed: everybody gets the control").waitFor();
    assert.equal((await call("POST", "/api/resolve/support%2Freply", { user_id: "visitor-1" })).assignment, "killed");

    await page.getByRole("button", { name: "Resume" }).click();
    await toast(page, "The experiment goes on").waitFor();
    await page.getByRole("button", { name: "Stop with winner" }).click();
    await dialog.getByLabel(/Type Shorter answers/).fill("Shorter answers");
    await dialog.getByRole("button", { name: "Stop and promote v2" }).click();
    await toast(page, "The experiment has ended").waitFor();
    await page.getByText("won by brief (v2).").waitFor();
    assert.equal((await call("GET", "/api/prompts/support%2Freply")).pointers.production.version_number, 2);
    assert.deepEqual(faults, []);
    await close();
  });

  test("traffic of a running experiment, and the team's main switch", async () => {
    const key = await newTeam(started, "Switch");
    const call = client(started.url, key);
    const [one, two] = await promptWith(call, "greeting", ["Hello {{ name }}", "Good day {{ name }}"]);
    const variants = [one, two].map(({ version_id }) => ({ version_id, traffic_weight: 50 }));
    const made = await call("POST", "/api/prompts/greeting/experiments", { variants, allocation_strategy: "fixed_split", primary_metric: "approval" });
    const { page, faults, close } = await signIn(started, key);
    await page.goto(`/experiments/${made.id}`);
    await page.getByRole("button", { name: "Traffic" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("control · v1").fill("80");
    await dialog.getByText("130 % in all, not 100 %").waitFor();
    await dialog.getByLabel("variant_1 · v2").fill("20");
    await dialog.getByText(/^About (2[5-9]|3[0-5]) % of users get another variant\.$/).waitFor();
    await dialog.getByLabel("Users who take part").fill("25");
    await dialog.getByLabel("A user").fill("somebody");
    const said = await dialog.getByRole("status").filter({ hasText: "Gets" }).innerText();
    await dialog.getByRole("button", { name: "Change traffic" }).click();
    await toast(page, "Traffic is changed").waitFor();
    const changed = await call("GET", `/api/experiments/${made.id}`);
    const { variant } = await call("GET", `/api/experiments/${made.id}/assignment?user_id=somebody`);
    assert.match(said, new RegExp(`(Gets|, ) ?${variant}( afterwards|, before and after)\\.`), "the browser knew who gets what");
    assert.deepEqual([changed.coverage, ...changed.variants.map(({ weight }) => weight)], [0.25, 0.8, 0.2]);

    const { team } = await call("GET", "/api/me");
    await page.goto("/experiments");
    await page.getByRole("button", { name: "Switch all off" }).click();
    await dialog.getByRole("textbox").fill(team.name);
    await dialog.getByRole("button", { name: "Switch all off" }).click();
    await page.getByText("All experiments are switched off").waitFor();
    await page.getByText("Switched off").waitFor();
    assert.equal((await call("POST", "/api/resolve/greeting", { user_id: "somebody" })).assignment, "killed");
    await page.getByRole("button", { name: "Switch experiments on again" }).click();
    await toast(page, "Experiments are on again").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("a canary's steps, what they wait for, and its way back", async () => {
    const key = await newTeam(started, "Canary");
    const call = client(started.url, key);
    await promptWith(call, "greeting", ["Hello {{ name }}", "Good day {{ name }}"]);
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/experiments/new?kind=canary&prompt=greeting");
    await page.getByLabel("Percent of step 2").fill("1");
    await page.getByRole("button", { name: /Start the canary/ }).click();
    await page.getByText("More than in the step before.").waitFor();
    await page.getByLabel("Percent of step 2").fill("20");
    await page.getByRole("button", { name: /Start the canary/ }).click();
    await toast(page, "The canary is running").waitFor();
    const track = page.getByRole("list", { name: "Steps" });
    await track.getByText("0 of 100 samples").waitFor();
    assert.equal(await track.locator("[aria-current=step]").count(), 1);
    await page.getByRole("button", { name: "Pause" }).click();
    await toast(page, "The canary is paused").waitFor();
    await track.getByText("paused here").waitFor();
    await toast(page, "The canary is paused").getByRole("button", { name: "Undo" }).click();
    await toast(page, "The canary goes on").waitFor();
    await page.getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("dialog").getByRole("textbox").fill("greeting");
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.getByText("Rolled back: everybody gets what was live before.").waitFor();
    assert.equal((await call("GET", "/api/canaries")).data[0].state, "rolled_back");
    assert.deepEqual(faults, []);
    await close();
  });

  test("who may not change production sees why", async () => {
    const key = await newTeam(started, "Reader");
    const call = client(started.url, key);
    const [one, two] = await promptWith(call, "greeting", ["Hello", "Good day"]);
    const variants = [one, two].map(({ version_id }) => ({ version_id, traffic_weight: 1 }));
    const made = await call("POST", "/api/prompts/greeting/experiments", { variants, allocation_strategy: "fixed_split", primary_metric: "approval" });
    const viewer = await call("POST", "/api/keys", { name: "viewer", role: "viewer" });
    const { page, close } = await signIn(started, viewer.key);
    await page.goto(`/experiments/${made.id}`);
    const kill = page.getByRole("button", { name: "Kill", exact: true });
    await kill.waitFor();
    assert.equal(await kill.getAttribute("aria-disabled"), "true");
    await kill.hover();
    await page.getByRole("tooltip").getByText("Needs a publisher key.").waitFor();
    await close();
  });

  describe("in every look", () => {
    let key;
    let pages;
    before(async () => {
      key = await newTeam(started, "Looks");
      const call = client(started.url, key);
      const [one, two] = await promptWith(call, "support/reply", ["Answer {{ question }} at length.", "Answer {{ question }} briefly."]);
      const variants = [
        { name: "control", version_id: one.version_id, traffic_weight: 50 },
        { name: "brief", version_id: two.version_id, traffic_weight: 50 },
      ];
      const guardrails = [{ metric: "latency_ms", max_relative_regression: 0.1 }];
      const experiment = await call("POST", "/api/prompts/support%2Freply/experiments", { name: "Shorter answers", variants, guardrails, allocation_strategy: "thompson_sampling", primary_metric: "approval", min_samples: 10 });
      await visit(call, "support/reply", "brief");
      await promptWith(call, "greeting", ["Hello"]);
      const [, next] = await promptWith(call, "summary", ["Sum up {{ text }}.", "Sum up {{ text }} in one line."]);
      const steps = [{ percent: 5, min_samples: 100, min_minutes: 30 }, { percent: 50 }];
      const canary = await call("POST", "/api/prompts/summary/canary", { version_id: next.version_id, environment: "production", steps, guardrails });
      pages = [
        ["experiment-list", "/experiments", (page) => page.getByRole("link", { name: "Shorter answers" })],
        ["canary-list", "/experiments?kind=canaries", (page) => page.getByRole("link", { name: "summary" })],
        ["experiment-draft", "/experiments/new?prompt=support/reply", (page) => page.getByLabel("Primary metric")],
        ["canary-draft", "/experiments/new?kind=canary&prompt=support/reply", (page) => page.getByLabel("Percent of step 1")],
        ["experiment-one-version", "/experiments/new?prompt=greeting", (page) => page.getByText("This prompt has one version")],
        ["experiment-winner", `/experiments/${experiment.id}`, (page) => page.getByText("brief wins")],
        ["canary", `/canaries/${canary.id}`, (page) => page.getByRole("list", { name: "Steps" })],
        ["experiment-missing", "/experiments/exp_nothing", (page) => page.getByText("There is no such experiment")],
      ];
    });

    for (const { name: look, options } of LOOKS) {
      test(look, async () => {
        const { page, faults, close } = await signIn(started, key, options);
        for (const [name, address, ready] of pages) {
          await page.goto(address);
          await ready(page).first().waitFor();
          await see(page, name, look);
        }
        assert.deepEqual(faults, []);
        await close();
      });
    }
  });
});
