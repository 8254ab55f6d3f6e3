import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { closestMatch } from 'leven';
import { version } from '../version.js';
import type { CallsOptions } from './calls.js';
import { operatorScopes, type OperatorScope } from '../access/scopes.js';
import { providerScopes } from '../providers/registry.js';
import { complain, WRONG_USE } from './terminal.js';

/** Runs what the command line asks for. Wrong use is told in one line, and ends with 2. */
export async function runCli(args: readonly string[]): Promise<void> {
  const program = createProgram();
  const unknown = unknownCommand(args, program);
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
    complain([`${faultOf(error, await settingNames())}; see ${helpOf(args, program)}`]);
    process.exitCode = WRONG_USE;
  }
}

/**
 * A first word that is no command would else be taken for a word too many after `serve`, which nobody wrote; so would one after
 * a command that has commands of its own, and nothing at all there would print the whole help as a fault.
 */
function unknownCommand(args: readonly string[], command: Command, path = 'headgate'): string | undefined {
  const [word, ...rest] = args;
  const names = command.commands.map((one) => one.name());
  const isRoot = command.parent === null;
  if (names.length === 0 || word?.startsWith('-') || word === 'help') return undefined;
  if (word === undefined)
    return isRoot ? undefined : `${path}: one of ${names.join(', ')} is missing; see ${path} --help`;
  const next = command.commands.find((one) => one.name() === word);
  if (next !== undefined) return unknownCommand(rest, next, `${path} ${word}`);
  const meant = closestMatch(word, [...names, 'help'], { maxDistance: Math.min(2, Math.floor(word.length / 2)) });
  return `unknown command ${word}; ${meant === undefined ? '' : `did you mean ${meant}? `}see ${path} --help`;
}

/** What is wrong with the words of a command, in one line. */
function faultOf({ code, message }: CommanderError, settings: ReadonlySet<string>): string {
  const fault = message.replace(/^error: /, '').replace(/\.$/, '');
  const option = code === 'commander.unknownOption' ? /'--([\w-]+)/.exec(fault)?.[1] : undefined;
  const setting = option?.toUpperCase().replaceAll('-', '_') ?? '';
  return settings.has(setting)
    ? `${fault}; ${setting} is a setting, of the environment or of .env: ${setting}=… headgate`
    : fault;
}

/** The help of the command that was meant. */
function helpOf(args: readonly string[], program: Command): string {
  const path = [program.name()];
  let command: Command | undefined = program;
  for (const word of args) {
    command = command.commands.find((one) => one.name() === word);
    if (command === undefined) break;
    path.push(word);
  }
  return `${path.join(' ')} --help`;
}

async function settingNames(): Promise<ReadonlySet<string>> {
  return (await import('../config.js')).settingNames();
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
    .addHelpText('after', () => `\nScopes, as many as wanted:\n  ${allScopes().join('\n  ')}`)
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

function allScopes(): readonly OperatorScope[] {
  return operatorScopes(providerScopes());
}

function workerCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 128)
    throw new InvalidArgumentError('It must be a whole number from 1 to 128.');
  return count;
}
