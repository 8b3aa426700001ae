// Steps of a story, counted. Later steps stand on earlier ones: after a failure the rest of the story is not told.
export class Story {
  passed = 0;
  failed = 0;

  async tell(title, step) {
    const begin = performance.now();
    try {
      await step();
      this.passed += 1;
      console.log(`ok    ${title} (${Math.round(performance.now() - begin)} ms)`);
    } catch (error) {
      this.failed += 1;
      console.log(`FAIL  ${title}\n      ${String(error.stack ?? error).replaceAll("\n", "\n      ")}`);
      throw new Stopped();
    }
  }
}

export class Stopped extends Error {}

export async function eventually(what, probe, ms = 60_000) {
  const end = performance.now() + ms;
  let last;
  while (performance.now() < end) {
    last = await probe();
    if (last) return last;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`waited ${ms} ms for ${what}`);
}
