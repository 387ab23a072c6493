// Runs schedules on `workerd serve`, which has no clock of its own: POST /<Worker's name> calls its
// `scheduled` handler and answers with the outcome.

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const worker = env[url.pathname.slice(1)];
    if (!worker) return new Response("no such Worker", { status: 404 });
    const { outcome } = await worker.scheduled({ scheduledTime: new Date(), cron: url.searchParams.get("cron") ?? "" });
    return new Response(outcome, { status: outcome === "ok" ? 200 : 500 });
  },
};
