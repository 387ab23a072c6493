/**
 * Which answers were asked for again. A conversation is its messages, and who says "continue" twice means it twice: that
 * an answer is another one to the same question is known to the tab that asked for it.
 */
import { readKept, writeKept } from "./kept";

const nameOf = (conversation: string): string => `again.${conversation}`;

export const askedAgain = (conversation: string): ReadonlySet<string> => new Set(readKept<string[]>(nameOf(conversation), []));

export const noteAgain = (conversation: string, answer: string): void => writeKept(nameOf(conversation), [...askedAgain(conversation), answer]);
