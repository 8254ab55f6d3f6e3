/** What the page asks of the shop's backend; each throws with the backend's own words when it says no. */
export const backend = {
  order: (item: string, accessToken: string) =>
    post<{ readonly id: string; readonly amount: string }>(
      '/orders',
      { item },
      { authorization: `Bearer ${accessToken}` },
    ),
  approve: (paymentId: string) => post('/approve', { paymentId }),
  complete: (paymentId: string, txid: string) => post('/complete', { paymentId, txid }),
  /** What was begun in another tab, or before a crash, is brought to its end by the backend. */
  finish: (paymentId: string) => post<{ readonly state: string }>('/incomplete', { paymentId }),
};

async function post<Answer>(path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Answer & { readonly message?: string };
  if (!response.ok) throw new Error(answer.message ?? `The shop answered ${response.status}.`);
  return answer;
}
