import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { closestMatch } from 'leven';
import { version } from '../version.js';
import type { CallsOptions } from './calls.js';
import { complain, WRONG_USE } from './terminal.js';

/** Runs what the command line asks for. Wrong use is told in one line, and ends with 2. */
export async function runCli(args: readonly string[]): Promise<void> {
  const program = createProgram();
  const unknown = unknownCommand(args[0], program);
  if (unknown !== undefined) {
    complain([unknown]);
    process.exitCode = WRONG_USE;
    return;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return; // Help and version.
    complain([`${error.message.replace(/^error: /, '')}; see headgate --help`]);
    process.exitCode = WRONG_USE;
  }
}

/** A first word that is no command would else be taken for a word too many after `serve`, which nobody wrote. */
function unknownCommand(word: string | undefined, { commands }: Command): string | undefined {
  const names = [...commands.map((command) => command.name()), 'help'];
  if (word === undefined || word.startsWith('-') || names.includes(word)) return undefined;
  const meant = closestMatch(word, names, { maxDistance: Math.min(2, Math.floor(word.length / 2)) });
  return `unknown command ${word}; ${meant === undefined ? '' : `did you mean ${meant}? `}see headgate --help`;
}

function createProgram(): Command {
  const program = new Command('headgate')
    .description('One GraphQL endpoint in front of the Pi Platform and its ledger, MyPit, IPFS pinning and BitMinter.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => {} });

  program
    .command('serve', { isDefault: true })
    .description('start the gateway; with nothing configured, the sandbox')
    .option('--workers <count>', 'processes behind one port; needs REDIS_URL', workerCount, 1)
    .action(async ({ workers }: { readonly workers: number }) => {
      if (workers > 1) (await import('./workers.js')).serveWorkers(workers);
      else await (await import('./serve.js')).serve();
    });
  program
    .command('key <name> <scopes...>')
    .description('make an operator key, and its entry for GATEWAY_KEYS; the name stays when the key changes')
    .action(async (name: string, scopes: readonly string[]) => (await import('./key.js')).makeKey(name, scopes));
  program
    .command('check')
    .description('read the settings; say what is on, off, missing, dangerous')
    .option('--probe', 'and make one harmless call to each upstream')
    .action(async ({ probe }: { readonly probe?: boolean }) => (await import('./check.js')).check(probe === true));
  program
    .command('calls <path...>')
    .description("print what an app's operations may cost: a folder of .graphql files, or manifests")
    .option('--json', 'print the budget instead of a table')
    .option('--check <file>', 'fail when an operation costs more than this budget says')
    .option('--write <file>', 'write the budget')
    .action(async (paths: readonly string[], options: CallsOptions) =>
      (await import('./calls.js')).calls(paths, options),
    );
  program
    .command('state')
    .description('the store of write records, caps and limits')
    .command('accept')
    .description(
      'accept that what a store lost that came back empty is lost, or that a doubted clock is right, so that payouts go on',
    )
    .action(async () => (await import('./state.js')).acceptLoss());
  return program;
}

function workerCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 128) throw new InvalidArgumentError('from 1 to 128.');
  return count;
}
