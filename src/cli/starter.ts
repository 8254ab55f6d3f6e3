const LOOK_EVERY_MS = 500;

/**
 * For a process that npm started: `npm start` and `npx headgate` end at once when they are told to stop, and do not pass it on.
 * Then this process stops as if it had been told so itself; it would go on with its port and its folder of state otherwise.
 */
export function stopWithStarter(): void {
  const starter = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid === starter) return;
    clearInterval(looking);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_EVERY_MS).unref();
}
