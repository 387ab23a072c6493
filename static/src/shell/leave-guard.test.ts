import { expect, test } from "vitest";
import { guardLeaving, mayLeave } from "./leave-guard";

test("a page may be left unless somebody who is asked stays", async () => {
  expect(await mayLeave()).toBe(true);
  let answer = false;
  const release = guardLeaving(() => Promise.resolve(answer));
  expect(await mayLeave()).toBe(false);
  answer = true;
  expect(await mayLeave()).toBe(true);
  answer = false;
  release();
  expect(await mayLeave()).toBe(true);
});
