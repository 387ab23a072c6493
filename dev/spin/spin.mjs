/**
 * Spin's own interfaces: variables, and PostgreSQL over `pg` as Spin has it over tokio-postgres.
 */
import pg from "pg";

/** @param {Record<string, string>} variables What the manifest hands to this component. */
function variablesImports(variables) {
  return {
    get(name) {
      if (!/^[a-z][a-z0-9_]*$/.test(name)) throw { tag: "invalid-name", val: name };
      if (variables[name] === undefined) throw { tag: "undefined", val: name };
      return variables[name];
    },
  };
}

/** As Spin: one pool an address, shared by all components. @type {Map<string, pg.Pool>} */
const pools = new Map();
const POOL_SIZE = 64;

function poolOf(address) {
  let pool = pools.get(address);
  if (!pool) {
    const url = new URL(address);
    const seconds = Number(url.searchParams.get("connect_timeout") ?? 0);
    url.searchParams.delete("connect_timeout");
    // Values stay as the database wrote them.
    const types = { getTypeParser: () => (text) => text };
    pool = new pg.Pool({ connectionString: url.href, max: POOL_SIZE, connectionTimeoutMillis: seconds * 1000, types, allowExitOnIdle: true });
    pool.on("error", () => {});
    pool.parameterTypes = new Map();
    pools.set(address, pool);
  }
  return pool;
}

/** Ends the pools, for a host that stops. */
export async function closePools() {
  const open = [...pools.values()];
  pools.clear();
  await Promise.all(open.map((pool) => pool.end()));
}

/** The types that tokio-postgres takes for a value; any other is an error there, so it is one here. */
const ACCEPTED = {
  str: ["text", "character varying", "character", "name", "unknown"],
  int64: ["bigint"],
  floating64: ["double precision"],
  boolean: ["boolean"],
  jsonb: ["jsonb", "json"],
};

const decoder = new TextDecoder();

function parameterOf({ tag, val }) {
  if (tag === "db-null") return null;
  return tag === "jsonb" ? decoder.decode(val) : String(val);
}

const OIDS = { boolean: 16, int64: 20, str: 25, floating64: 701, jsonb: 3802 };
const TAGS = Object.fromEntries(Object.entries(OIDS).map(([tag, oid]) => [oid, tag]));
const CONVERT = {
  boolean: (text) => text === "t",
  int64: BigInt,
  str: (text) => text,
  floating64: Number,
  jsonb: (text) => new TextEncoder().encode(text),
};

function valueOf(text, oid) {
  if (text === null) return { tag: "db-null" };
  const tag = TAGS[oid];
  return tag ? { tag, val: CONVERT[tag](text) } : { tag: "unsupported", val: new TextEncoder().encode(text) };
}

function queryFailed(error) {
  if (!(error instanceof pg.DatabaseError)) return { tag: "query-failed", val: { tag: "text", val: error.message } };
  const extras = ["column", "constraint", "table", "schema", "hint"].filter((name) => error[name]).map((name) => [name, error[name]]);
  const { severity, code, message, detail } = error;
  return { tag: "query-failed", val: { tag: "db-error", val: { asText: String(error), severity, code, message, detail, extras } } };
}

/**
 * `spin:postgres/postgres`.
 * @param {(url: URL) => boolean} isAllowed What `allowed_outbound_hosts` says.
 * @param {Set<{release: () => void}>} held What this request holds, to be given back even if the component traps.
 */
function postgresImports(isAllowed, held) {
  class Connection {
    static async open(address) {
      const url = URL.parse(address);
      if (!url || !isAllowed(url)) throw { tag: "connection-failed", val: "address is not permitted" };
      const connection = new Connection();
      try {
        connection.pool = poolOf(address);
        connection.client = await connection.pool.connect();
      } catch (error) {
        throw { tag: "connection-failed", val: error.message };
      }
      held.add(connection);
      return connection;
    }
    async query(statement, parameters) {
      try {
        await this.#checkTypes(statement, parameters);
        // Prepared and without types, as Spin does it.
        const { rows, fields } = await this.client.query({ text: statement, values: parameters.map(parameterOf), rowMode: "array" });
        const columns = fields.map(({ name, dataTypeID }) => ({ name, dataType: { tag: TAGS[dataTypeID] ?? "other", val: String(dataTypeID) } }));
        const converted = rows.map((row) => row.map((text, index) => valueOf(text, fields[index].dataTypeID)));
        return { columns: rows.length > 0 ? columns : [], rows: converted };
      } catch (error) {
        if (error.tag) throw error;
        if (!(error instanceof pg.DatabaseError)) this.release(error);
        throw queryFailed(error);
      }
    }
    async execute() {
      throw { tag: "other", val: "not offered here: the functions only query" };
    }
    /** Spin sends binary values and refuses one whose type is not what the database concluded. */
    async #checkTypes(statement, parameters) {
      const known = this.pool.parameterTypes;
      if (!known.has(statement)) {
        await this.client.query(`prepare spin_types as ${statement}`);
        const { rows } = await this.client.query("select unnest(parameter_types)::text from pg_prepared_statements where name = 'spin_types'");
        await this.client.query("deallocate spin_types");
        known.set(statement, rows.map(({ unnest }) => unnest));
      }
      const types = known.get(statement);
      if (types.length !== parameters.length) {
        throw { tag: "query-failed", val: { tag: "text", val: `expected ${types.length} parameters but got ${parameters.length}` } };
      }
      parameters.forEach(({ tag }, index) => {
        if (tag !== "db-null" && !ACCEPTED[tag]?.includes(types[index])) {
          throw { tag: "query-failed", val: { tag: "text", val: `error serializing parameter ${index}: ${tag} is not ${types[index]}` } };
        }
      });
    }
    release(error) {
      held.delete(this);
      this.client?.release(error);
      this.client = undefined;
    }
    [Symbol.dispose]() {
      this.release();
    }
  }
  return { Connection };
}

/**
 * @param {{variables: Record<string, string>, isAllowed: (url: URL) => boolean, held: Set<{release: () => void}>}} component
 */
export function spinImports({ variables, isAllowed, held }) {
  return { "fermyon:spin/variables": variablesImports(variables), "spin:postgres/postgres": postgresImports(isAllowed, held) };
}
