import { expect, test } from "vitest";
import { changeState, readState } from "./search-state";

const defaults = { search: "", sort: "name" };

test("defaults stay out, everything else stays in", () => {
  const params = new URLSearchParams("search=a&other=1");
  expect(readState(defaults, params)).toEqual({ search: "a", sort: "name" });
  expect(changeState(defaults, params, { search: "", sort: "created_at" }).toString()).toBe("other=1&sort=created_at");
  expect(changeState(defaults, params, { sort: "name" }).toString()).toBe("search=a&other=1");
});
