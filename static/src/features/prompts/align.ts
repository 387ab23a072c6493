/** Which of two lists' texts belong together: what was inserted on top is one new text, not a change of all others. */

export type Pair = [from: number | null, to: number | null];

/** Below that, two texts have no more in common than any two. */
const ALIKE = 0.5;
/** Beyond so many pairs of texts, only those that are equal are found. */
const MOST_PAIRS = 4_000;

/**
 * Pairs of indices in the order of the new list, each removed text before what stood after it. Texts keep their order;
 * among all such pairings it is the one whose texts have the most words in common. What is left over between two pairs
 * belongs together if there is as much of it on both sides.
 */
export function align(from: readonly string[], to: readonly string[]): Pair[] {
  const alike = likeness(from, to);
  // best[i][j]: what can be reached with from[i…] and to[j…].
  const best = Array.from({ length: from.length + 1 }, () => new Float64Array(to.length + 1));
  const at = (i: number, j: number) => best[i]?.[j] ?? 0;
  for (let i = from.length - 1; i >= 0; i -= 1) {
    for (let j = to.length - 1; j >= 0; j -= 1) {
      best[i]?.fill(Math.max(at(i + 1, j), at(i, j + 1), alike(i, j) + at(i + 1, j + 1)), j, j + 1);
    }
  }
  const pairs: Pair[] = [];
  let [left, right] = [0, 0];
  let [i, j] = [0, 0];
  while (i < from.length && j < to.length) {
    if (alike(i, j) > 0 && at(i, j) === alike(i, j) + at(i + 1, j + 1)) {
      pairs.push(...between(left, i, right, j), [i, j]);
      [left, right] = [i + 1, j + 1];
      [i, j] = [left, right];
    } else if (at(i, j) === at(i + 1, j)) i += 1;
    else j += 1;
  }
  return [...pairs, ...between(left, from.length, right, to.length)];
}

/** What has no counterpart, between two pairs. */
function between(left: number, leftEnd: number, right: number, rightEnd: number): Pair[] {
  const removed = Array.from({ length: leftEnd - left }, (_, index) => left + index);
  const added = Array.from({ length: rightEnd - right }, (_, index) => right + index);
  if (removed.length === added.length) return removed.map((index, position) => [index, added[position] ?? null]);
  return [...removed.map((index): Pair => [index, null]), ...added.map((index): Pair => [null, index])];
}

/** How alike two texts are, from `ALIKE` to 1, and 0 below that: the share of their words that both have. */
function likeness(from: readonly string[], to: readonly string[]): (i: number, j: number) => number {
  if (from.length * to.length > MOST_PAIRS) return (i, j) => Number(from[i] === to[j]);
  const [before, after] = [from.map(wordsOf), to.map(wordsOf)];
  const known = before.map((one, i) => after.map((other, j) => (from[i] === to[j] ? 1 : shared(one, other))));
  return (i, j) => {
    const share = known[i]?.[j] ?? 0;
    return share >= ALIKE ? share : 0;
  };
}

interface Words {
  counts: Map<string, number>;
  total: number;
}

function wordsOf(text: string): Words {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { counts, total: words.length };
}

function shared(one: Words, other: Words): number {
  let common = 0;
  for (const [word, count] of one.counts) common += Math.min(count, other.counts.get(word) ?? 0);
  return (2 * common) / Math.max(1, one.total + other.total);
}
