export { PromptLab } from "./src/client.js";
export { ConnectionError, PromptLabError, TimeoutError } from "./src/errors.js";
export { newId } from "./src/ids.js";
