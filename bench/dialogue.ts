import type { ChildProcess } from 'node:child_process';

/** Questions and answers between the bench and its processes over IPC; several may be open at a time. */

interface Asked {
  readonly number: number;
  readonly question: object;
}

interface Answered {
  readonly number: number;
  readonly answer: object;
}

let last = 0;

/** Asks a process; rejects when it ends before it has answered. */
export function ask<Answer>(child: ChildProcess, question: object): Promise<Answer> {
  const number = (last += 1);
  return new Promise((resolve, reject) => {
    const done = () => child.off('message', heard).off('exit', ended);
    const ended = () => {
      done();
      reject(new Error('a process of the bench ended without an answer'));
    };
    const heard = (message: object) => {
      if (!isNumbered<Answered>(message) || message.number !== number) return;
      done();
      resolve(message.answer as Answer);
    };
    child.on('message', heard).on('exit', ended);
    child.send({ number, question } satisfies Asked);
  });
}

/** Answers what the parent process asks. */
export function answerWith<Question>(answer: (question: Question) => object | Promise<object>): void {
  process.on('message', (message: object) => {
    if (!isNumbered<Asked>(message)) return;
    const { number, question } = message;
    void (async () => process.send?.({ number, answer: await answer(question as Question) } satisfies Answered))();
  });
}

function isNumbered<Message extends { readonly number: number }>(message: object): message is Message {
  return 'number' in message;
}
