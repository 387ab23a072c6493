export { DiskSpool } from "./src/spool.js";
