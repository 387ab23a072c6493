import type { Spool } from "./index.d.ts";

export interface DiskSpoolOptions {
  /** A folder of this process's own, and the same one after a restart. It is made if it is missing. */
  directory: string;
  /** The oldest events go when there are more. 100 MB. */
  maxBytes?: number;
}

/**
 * Keeps inferences in files until the server has them, so that they outlive the process. For Node, Deno and Bun. Each
 * event is written before `log` returns. It is not encrypted; the files are readable by their owner alone.
 */
export declare class DiskSpool implements Spool {
  readonly spool: "disk";
  constructor(options: DiskSpoolOptions);
}
