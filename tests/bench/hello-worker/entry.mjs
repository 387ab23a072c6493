// The least that makes a Worker of the module.
import * as wasm from "./index.js";

export default {
  fetch: (request, env, context) => wasm.fetch(request, env, context),
};
