import { expect, test } from "vitest";
import { changeState, PAGES, readState } from "./search-state";

const defaults = { search: "", sort: "name" };

test("defaults stay out, everything else stays in", () => {
  const params = new URLSearchParams("search=a&other=1");
  expect(readState(defaults, params)).toEqual({ search: "a", sort: "name" });
  expect(changeState(defaults, params, { search: "", sort: "created_at" }).toString()).toBe("other=1&sort=created_at");
  expect(changeState(defaults, new URLSearchParams("search=a&pages=3"), { search: "b" }).toString()).toBe("search=b");
  expect(changeState(PAGES, params, { pages: "2" }).toString()).toBe("search=a&other=1&pages=2");
  expect(changeState(defaults, params, { sort: "name" }).toString()).toBe("search=a&other=1");
});
