/**
 * Chat, as a person uses it: ask, stop, retry, rate, and come back to what was being said.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root } from "../../dev/processes.mjs";
import { program, start } from "./browser.mjs";
import { assertAccessible, client, newTeam, promptWith, signIn } from "./support.mjs";

describe("chat", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  let mock, mockUrl, key, call;
  before(async () => {
    started = await start();
    mock = spawn(process.execPath, [join(root, "tests/mock-models/server.mjs"), "--watch-stdin"], { stdio: ["pipe", "pipe", "inherit"] });
    [mockUrl] = (await once(mock.stdout, "data")).map((line) => JSON.parse(String(line)).url);
    key = await newTeam(started, "Chat");
    call = client(started.url, key);
    await call("PUT", "/api/providers/scripted", { api_key: `sk-${Math.random().toString(36).slice(2)}`, base_url: `${mockUrl}/v1` });
  });
  after(async () => {
    mock?.stdin.end();
    await started.stop();
  });

  const message = (page) => page.getByLabel("Message", { exact: true });
  const answers = (page) => page.getByRole("article", { name: "Question and answer" });
  /** What the answer took, which stands there once it has ended. */
  const facts = (page) => answers(page).last().getByRole("list", { name: "About this answer" });
  const say = async (page, text) => {
    await message(page).fill(text);
    await message(page).press("Enter");
  };
  const openChat = async (page, params = "") => {
    await page.goto(`/chat${params}`);
    await message(page).waitFor();
  };
  /** Words of the last answer that are shown. */
  const words = async (page) => (await answers(page).last().innerText()).match(/\d+/g)?.length ?? 0;
  const conversationOf = (page) => new URL(page.url()).pathname.split("/").at(-1);
  const stored = async (page) => (await call("GET", `/api/conversations/${conversationOf(page)}`)).messages;

  test("a prompt answers; its version, tokens, times and cost stand below", async () => {
    await promptWith(call, "support/reply", ["You help customers of {{ company }}."]);
    const { page, faults, close } = await signIn(started, key);
    await openChat(page, "?prompt=support%2Freply&user=ada");
    await page.getByRole("complementary", { name: "What answers" }).getByLabel("company").fill("Acme");
    await say(page, "Where is **my** parcel?\n");
    await page.waitForURL(/\/chat\/conv_/);
    await facts(page).getByText("support/reply v1").waitFor();
    const text = await facts(page).innerText();
    assert.match(text.replaceAll(/\s+/g, " "), /support\/reply v1 .*offline .*\d+ in · \d+ out.*\$0 .*to first token.*in all/);
    await answers(page).getByText("You help customers of Acme.").waitFor();
    const [said, answered] = await stored(page);
    assert.deepEqual([said.content, answered.status, answered.version_id !== null], ["Where is **my** parcel?", "complete", true]);

    await page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: /Where is/ }).waitFor();
    await assertAccessible(page, "a conversation");
    assert.deepEqual(faults, []);
    await close();
  });

  test("stop keeps what had come, and asking again follows", async () => {
    const { page, faults, close } = await signIn(started, key);
    await openChat(page, "?model=scripted%2Fmock-ok:words%3D400,delay%3D20");
    await say(page, "Tell me everything.");
    await page.getByText("Writing …").waitFor();
    assert.equal(await page.getByRole("button", { name: "Send" }).count(), 0, "one question at a time");
    await message(page).fill("a draft meanwhile");
    await message(page).press("Escape");
    await page.getByText("Stopped. What had come is kept.").waitFor();
    const shown = await words(page);
    assert.ok(shown > 2 && shown < 400, `${shown} words`);
    assert.equal(await message(page).inputValue(), "a draft meanwhile");
    const [, answer] = await stored(page);
    assert.deepEqual([answer.status, answer.finish_reason], ["cancelled", "cancelled"]);
    assert.ok(answer.content.length > 10);

    await answers(page).last().getByRole("button", { name: "Ask again" }).click();
    await page.getByText("Answer 2 of 2").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText(/Stopped/).waitFor();
    assert.equal((await stored(page)).length, 4);
    assert.equal(await answers(page).count(), 1, "the answers stand in one place");
    const later = await answers(page).innerText();
    await page.getByRole("button", { name: "Earlier answer" }).click();
    await page.getByText("Answer 1 of 2").waitFor();
    assert.notEqual(await answers(page).innerText(), later);
    assert.deepEqual(faults, []);
    await close();
  });

  test("the same words said twice are two questions, also after a reload", async () => {
    const { page, faults, close } = await signIn(started, key);
    await openChat(page);
    for (const count of [1, 2]) {
      await say(page, "continue");
      await facts(page).waitFor();
      assert.equal(await answers(page).count(), count);
    }
    await answers(page).last().getByRole("button", { name: "Ask again" }).click();
    await page.getByText("Answer 2 of 2").waitFor();
    await facts(page).waitFor();
    assert.equal(await answers(page).count(), 2);
    await page.reload();
    await page.getByText("Answer 2 of 2").waitFor();
    assert.equal(await answers(page).count(), 2);
    assert.deepEqual(faults, []);
    await close();
  });

  test("a failure says why and whose request it was; retry asks again", async () => {
    const { page, faults, close } = await signIn(started, key);
    await openChat(page, "?model=scripted%2Fmock-cut-half-event");
    await say(page, "Will this work?");
    const alert = answers(page).last().getByRole("alert");
    await alert.getByText("What had come is kept.").waitFor();
    const request = await alert.locator("code").innerText();
    assert.match(request, /^req_/);
    assert.ok((await words(page)) >= 4, "the partial text is kept");
    await assertAccessible(page, "a failed answer");

    await page.reload();
    await alert.getByText("The provider broke off.").waitFor();
    assert.equal(await alert.locator("code").innerText(), request, "and so is the request id");
    // The provider works again.
    await page.getByRole("complementary", { name: "What answers" }).getByLabel("Model").fill("offline");
    await page.getByRole("complementary", { name: "What answers" }).getByLabel("Model").press("Enter");
    await alert.getByRole("button", { name: "Retry" }).click();
    await page.getByText("Answer 2 of 2").waitFor();
    await facts(page).getByText("offline").waitFor();

    await openChat(page, "?prompt=nowhere");
    await page.getByText("There is no such prompt.").waitFor();
    await say(page, "Hello?");
    await answers(page).last().getByRole("alert").getByText(/not_found/).waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("a model without a key says whose is missing, and who can set it", async () => {
    const editor = await call("POST", "/api/keys", { name: "An editor's", role: "editor" });
    for (const [used, help] of [[key, "Set one in Settings"], [editor.key, "Ask an admin of your team to set one"]]) {
      const { page, faults, close } = await signIn(started, used);
      await openChat(page, "?model=claude-sonnet-4-5");
      await say(page, "Are you there?");
      const alert = answers(page).last().getByRole("alert");
      await alert.getByText("This is a model of Anthropic, for which your team has no key.").waitFor();
      await alert.getByText(help).waitFor();
      await assertAccessible(page, help);
      if (used === key) {
        await alert.getByRole("link", { name: help }).click();
        await page.getByRole("table", { name: "Providers" }).waitFor();
      }
      assert.deepEqual(faults, []);
      await close();
    }
  });

  test("a message keeps Send free, and each paragraph has its direction", async () => {
    const { page, faults, close } = await signIn(started, key, { viewport: { width: 390, height: 844 } });
    await openChat(page, "?model=scripted%2Fmock-echo");
    await say(page, "In English first.\n\nثم بالعربية 🌍");
    await facts(page).waitFor();
    const directions = await answers(page).last().locator("p").filter({ hasText: /English first|بالعربية/ }).evaluateAll((all) => all.map((each) => getComputedStyle(each).direction));
    assert.deepEqual(directions, ["ltr", "rtl"]);
    await page.getByRole("button", { name: /^Actions for/ }).first().click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    const toast = page.locator("[data-sonner-toast]").first();
    await toast.waitFor();
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))));
    const [shown, send] = [await toast.boundingBox(), await page.getByRole("button", { name: "Send" }).boundingBox()];
    assert.ok(shown.y + shown.height <= send.y, `the message ends at ${shown.y + shown.height}, Send begins at ${send.y}`);
    assert.deepEqual(faults, []);
    await close();
  });

  test("thumbs, then stars with a comment in their place", async () => {
    const { page, faults, close } = await signIn(started, key);
    const before = await call("GET", "/api/feedback/stats");
    await openChat(page);
    await say(page, "Rate me.");
    await facts(page).waitFor();
    const thumb = answers(page).getByRole("button", { name: "Good answer" });
    // The button is pressed at once, before the server has said yes.
    const stored = page.waitForResponse((response) => response.url().endsWith("/api/feedback"));
    await thumb.click();
    await page.locator('button[aria-label="Good answer"][aria-pressed="true"]').waitFor();
    await stored;
    const thumbs = await call("GET", "/api/feedback/stats");
    assert.equal(thumbs.positive, before.positive + 1);

    await answers(page).getByRole("button", { name: "Stars and comment" }).click();
    await assertAccessible(page, "the form for stars");
    await page.getByRole("radio", { name: "4 of 5" }).check({ force: true });
    await page.getByRole("textbox", { name: "Comment" }).fill("Nearly right.");
    await page.getByRole("button", { name: "Rate", exact: true }).click();
    await page.getByText("Thank you, your rating counts").waitFor();
    const stars = await call("GET", "/api/feedback/stats");
    assert.deepEqual([stars.count, stars.star_count], [before.count + 1, before.star_count + 1], "the last rating counts");
    await page.reload();
    await answers(page).getByText("4 of 5 stars").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("a reload comes back to the answer, and nothing is lost or said twice", async () => {
    const { page, faults, close } = await signIn(started, key);
    await openChat(page, "?model=scripted%2Fmock-ok:words%3D120,delay%3D40");
    await say(page, "Count slowly.");
    await page.waitForURL(/\/chat\/conv_/);
    await page.waitForFunction(() => (document.querySelector("article")?.innerText.match(/\d+/g)?.length ?? 0) > 10);
    await page.reload();
    await page.getByText("Writing …").waitFor();
    await facts(page).waitFor();
    const [, answer] = await stored(page);
    assert.equal(answer.status, "complete");
    assert.equal((await answers(page).last().locator("[dir=auto] p").first().innerText()).replaceAll(/\s+/g, " ").trim(), answer.content.replaceAll(/\s+/g, " ").trim());
    assert.deepEqual(faults, []);
    await close();
  });

  test("a connection that breaks off is taken up again; one that does not come back keeps the text", async () => {
    const cable = await startCable(started.url);
    const { page, close } = await signIn({ ...started, url: cable.url }, key);
    await openChat(page, "?model=scripted%2Fmock-ok:words%3D100,delay%3D40");
    await say(page, "Count, and I pull the cable.");
    await page.waitForFunction(() => (document.querySelector("article")?.innerText.match(/\d+/g)?.length ?? 0) > 10);
    cable.cut();
    await facts(page).waitFor();
    const [, answer] = await stored(page);
    assert.equal((await answers(page).last().locator("[dir=auto] p").first().innerText()).replaceAll(/\s+/g, " ").trim(), answer.content.replaceAll(/\s+/g, " ").trim());

    await say(page, "Once more, for good.");
    await page.waitForFunction(() => ([...document.querySelectorAll("article")].at(-1)?.innerText.match(/\d+/g)?.length ?? 0) > 10);
    cable.refuse(true);
    cable.cut();
    await page.getByText("The connection broke off. Taking it up again …").waitFor();
    await page.getByText(/could not be taken up again/).waitFor({ timeout: 20_000 });
    assert.ok((await words(page)) > 10, "the text is kept");
    cable.refuse(false);
    await page.getByRole("button", { name: "Retry" }).click();
    await facts(page).waitFor();
    await close();
    cable.close();
  });

  test("conversations are found, renamed, walked through and deleted", async () => {
    const own = await newTeam(started, "Conversations");
    const ask = client(started.url, own);
    for (const text of ["apples and pears", "berries 🫐 عربي", "cherries"]) await ask("POST", "/api/chat", { message: text, stream: false });
    const { page, faults, close } = await signIn(started, own);
    await openChat(page);
    const list = page.getByRole("navigation", { name: "Conversations" });
    await list.getByRole("link", { name: /cherries/ }).waitFor();
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("j");
    await page.getByRole("heading", { name: "cherries", level: 1 }).waitFor();
    await page.keyboard.press("j");
    await page.getByRole("heading", { name: "berries 🫐 عربي", level: 1 }).waitFor();
    await page.keyboard.press("k");
    await page.getByRole("heading", { name: "cherries", level: 1 }).waitFor();

    await page.getByRole("region", { name: "Conversation" }).getByRole("button", { name: "Actions for cherries" }).click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByRole("dialog").getByLabel("Title").fill("sour cherries");
    await page.keyboard.press("Enter");
    await list.getByRole("link", { name: /sour cherries/ }).waitFor();

    const remove = async () => {
      await page.getByRole("region", { name: "Conversation" }).getByRole("button", { name: "Actions for sour cherries" }).click();
      await page.getByRole("menuitem", { name: "Delete" }).click();
      await list.getByRole("link", { name: /sour cherries/ }).waitFor({ state: "detached" });
    };
    await remove();
    await page.getByRole("button", { name: "Undo" }).click();
    await list.getByRole("link", { name: /sour cherries/ }).click();
    await page.getByRole("heading", { name: "sour cherries", level: 1 }).waitFor();
    await remove();
    // Leaving the page is no second thought.
    await page.goto("/prompts");
    await page.waitForFunction(async (headers) => (await (await fetch("/api/conversations", { headers })).json()).data.length === 2, { authorization: `Bearer ${own}` });

    await openChat(page);
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("/");
    await page.keyboard.type("pear");
    await list.getByText("1 conversation").waitFor();
    assert.match(page.url(), /search=pear/);
    await page.goto("/chat/conv_01h455vb4pex5vsknk084sn02q");
    await page.getByText("There is no such conversation").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("an answer of 5,000 tokens stays at hand", async () => {
    const { page, faults, close } = await signIn(started, key);
    const paragraph = "Some **bold** and `code` in a sentence that goes on for a while.\n\n- one\n- two\n\n```js\nconst a = 1;\n```\n\n";
    await openChat(page, "?model=scripted%2Fmock-echo");
    // A browser takes seconds to insert that much as if it were typed, whatever the page.
    await message(page).fill(paragraph.repeat(150).trim());
    await page.evaluate(() => {
      const since = performance.now();
      globalThis.slowest = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (entry.startTime > since) globalThis.slowest = Math.max(globalThis.slowest, entry.duration);
      }).observe({ type: "event", durationThreshold: 16 });
      globalThis.longest = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, entry.duration);
      }).observe({ type: "longtask" });
    });
    await message(page).press("Enter");
    await facts(page).waitFor({ timeout: 60_000 });
    const tokens = /([\d,]+) in/.exec(await facts(page).innerText());
    assert.ok(tokens, "tokens are counted");
    // Typing goes on being answered at once.
    await message(page).pressSequentially("quick", { delay: 30 });
    const { slowest, longest } = await page.evaluate(() => ({ slowest: globalThis.slowest, longest: globalThis.longest }));
    console.log(`# interaction to next paint ${slowest} ms, longest task ${Math.round(longest)} ms`);
    assert.ok(slowest < 200, `${slowest} ms to the next paint`);
    assert.deepEqual(faults, []);
    await close();
  });
});

/** A line to `target` that can be cut, and refuse to be mended. */
async function startCable(target) {
  const { hostname, port } = new URL(target);
  const sockets = new Set();
  let refuses = false;
  const server = createServer((socket) => {
    if (refuses) return socket.destroy();
    const onward = connect(Number(port), hostname);
    for (const [one, other] of [[socket, onward], [onward, socket]]) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    socket.pipe(onward).pipe(socket);
    return undefined;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut,
    refuse: (now) => (refuses = now),
    close: () => {
      cut();
      server.close();
    },
  };
}
