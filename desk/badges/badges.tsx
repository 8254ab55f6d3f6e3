import { useEffect, useState } from 'react';
import type { TemplatesQuery } from '../generated/graphql.js';
import { faultOf, type Fault } from '../graph.js';
import { addressOf } from '../hooks.js';
import { operations } from '../operations.js';
import { Refusal } from '../parts/refusal.js';
import { NeedsScope } from '../parts/small.js';
import { useSession } from '../session.js';
import { Issue } from './issue.js';
import { Issued } from './issued.js';

export type Template = NonNullable<NonNullable<TemplatesQuery['badgeTemplates']>['nodes'][number]>;

/** Who holds what, and issuing to a list. */
export function Badges({ part }: { readonly part: string | undefined }) {
  const { may } = useSession();
  const mayIssue = may('mypit:issue');
  const { templates, fault } = useTemplates();
  if (!may('mypit:read')) {
    return (
      <>
        <h1>Badges</h1>
        <NeedsScope scope="mypit:read">Badges are not shown.</NeedsScope>
      </>
    );
  }
  const issues = part === 'issue' && mayIssue;
  return (
    <>
      <h1>Badges</h1>
      {mayIssue && (
        <nav className="parts" aria-label="Badges">
          <a href={addressOf('badges')} aria-current={issues ? undefined : 'page'}>
            Who holds what
          </a>
          <a href={addressOf('badges', 'issue')} aria-current={issues ? 'page' : undefined}>
            Issue to a list
          </a>
        </nav>
      )}
      {fault !== undefined && <Refusal refusal={fault} />}
      {issues ? <Issue templates={templates} /> : <Issued templates={templates} />}
    </>
  );
}

/** More templates than that nobody can choose from. */
const MOST_PAGES = 5;

function useTemplates(): { readonly templates: readonly Template[]; readonly fault: Fault | undefined } {
  const { graph, may } = useSession();
  const [templates, setTemplates] = useState<readonly Template[]>([]);
  const [fault, setFault] = useState<Fault>();
  useEffect(() => {
    let left = false;
    async function read(): Promise<void> {
      let all: readonly Template[] = [];
      let after: string | undefined;
      for (let page = 0; page < MOST_PAGES && !left; page += 1) {
        const { data, error }: Awaited<ReturnType<typeof ask>> = await ask(after);
        if (left) return;
        setFault(faultOf(error));
        if (!data?.badgeTemplates) return;
        all = [...all, ...data.badgeTemplates.nodes.filter((template) => template !== null)];
        setTemplates(all);
        if (!data.badgeTemplates.pageInfo.hasNextPage) return;
        after = data.badgeTemplates.pageInfo.endCursor ?? undefined;
      }
    }
    const ask = (after: string | undefined) =>
      graph.query(operations.templates, after === undefined ? {} : { after }).toPromise();
    if (may('mypit:read')) void read();
    return () => void (left = true);
  }, [graph, may]);
  return { templates, fault };
}
