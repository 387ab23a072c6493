import { afterEach, expect, test, vi } from "vitest";
import { copyText } from "./clipboard";

afterEach(() => vi.unstubAllGlobals());

/** A page whose clipboard does `writeText`, and whose browser takes the older way if `asks`. Gives what was copied. */
function page(writeText: ((text: string) => Promise<void>) | undefined, asks: boolean): string[] {
  const copied: string[] = [];
  let listener: ((event: unknown) => void) | undefined;
  vi.stubGlobal("navigator", { clipboard: writeText && { writeText } });
  vi.stubGlobal("document", {
    addEventListener: (_: string, given: (event: unknown) => void) => (listener = given),
    removeEventListener: () => (listener = undefined),
    execCommand: () => {
      if (asks) listener?.({ clipboardData: { setData: (_: string, text: string) => copied.push(text) }, preventDefault: () => undefined });
      return asks;
    },
  });
  return copied;
}

test("a text is copied by the clipboard", async () => {
  const copied: string[] = [];
  page(async (text) => void copied.push(text), false);
  expect(await copyText("pl_1")).toBe(true);
  expect(copied).toEqual(["pl_1"]);
});

test.each([
  ["where there is none", undefined],
  ["where it is forbidden", () => Promise.reject(new Error("NotAllowedError"))],
])("%s, the older way is taken, and if that fails too it is said", async (_, writeText) => {
  const copied = page(writeText, true);
  expect(await copyText("pl_1")).toBe(true);
  expect(copied).toEqual(["pl_1"]);
  page(writeText, false);
  expect(await copyText("pl_1")).toBe(false);
});
