import { expect, test } from "vitest";
import { bodyOf, CHOICES_IN_ADDRESS, choicesOf, withChosen } from "./choices";
import { EMPTY_ANSWER, type Turn } from "./turn";

const turn = (answer: Partial<Turn["answer"]>): Turn => ({ key: "k", question: "q", again: false, answer: { ...EMPTY_ANSWER, id: "msg_1", ...answer } });

test("a conversation goes on as it was", () => {
  expect(choicesOf([turn({ promptId: "prm_1", environment: "staging", model: "offline" })], "ada")).toEqual({ prompt: "prm_1", environment: "staging", user: "ada", model: "" });
  expect(choicesOf([turn({ model: "offline" }), turn({ id: null })], null)).toEqual({ prompt: "", environment: "production", user: "", model: "offline" });
  expect(choicesOf([], null)).toEqual({ prompt: "", environment: "production", user: "", model: "" });
});

test("what is chosen wins over what was", () => {
  const base = choicesOf([turn({ promptId: "prm_1", environment: "staging" })], "ada");
  expect(withChosen(base, { ...CHOICES_IN_ADDRESS, environment: "production", model: "m" })).toEqual({ prompt: "prm_1", environment: "production", user: "ada", model: "m" });
  expect(withChosen(base, { ...CHOICES_IN_ADDRESS, environment: "nowhere" }).environment).toBe("staging");
});

test("a request says what is chosen and nothing else", () => {
  expect(bodyOf("hi", undefined, { prompt: "", environment: "production", user: "", model: "" }, { a: "1" })).toEqual({ message: "hi" });
  expect(bodyOf("hi", "conv_1", { prompt: "p", environment: "staging", user: "u", model: "m" }, { a: "1", b: "" })).toEqual({
    message: "hi", conversation_id: "conv_1", prompt: "p", environment: "staging", variables: { a: "1" }, user_id: "u", model: "m",
  });
});
