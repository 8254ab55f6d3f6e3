const LOOK_EVERY_MS = 500;

/**
 * `npm start` and `npx headgate` end at once when they are told to stop, and do not pass it on: then this process, which was
 * started by them, stops as if it had been told so itself. It would go on with its port and its folder of state otherwise.
 */
export function stopWithStarter(): void {
  if (process.env['npm_execpath'] === undefined) return;
  const starter = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid === starter) return;
    clearInterval(looking);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_EVERY_MS).unref();
}
