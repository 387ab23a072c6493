/** What the palette finds among what the page knows itself. What the server found for a search is found already. */

/** Whether each word of the search begins a word of the text, in any order. */
export function finds(search: string, text: string): boolean {
  const words = wordsOf(text);
  return wordsOf(search).every((wanted) => words.some((word) => word.startsWith(wanted)));
}

const wordsOf = (text: string): string[] => text.toLocaleLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
