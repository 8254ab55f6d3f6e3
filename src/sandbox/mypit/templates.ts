import type { Route } from '../routes.js';
import { documented, listing, missing, operation, type Account } from './account.js';
import { badgeType, idIn, number, object, optional, text } from './arguments.js';
import { newId } from './ids.js';
import type { TemplateRecord } from './records.js';

interface TemplateRequest {
  readonly userId: string;
  readonly templateId: string;
}

/** The operations on templates. Deleting switches a template off. */
export function templateRoutes(account: Account): Route[] {
  const { templates, clock } = account;
  const byId = { userId: text, templateId: idIn('templates') };
  const find = (id: string): TemplateRecord => templates.get(id) ?? missing('Badge template');

  return [
    listing(account, 'getAllBadgeTemplatesByOwnerId', templates, documented),
    operation<TemplateRequest>(account, 'getASingleBadgeTemplate', byId, ({ templateId }) => find(templateId)),
    operation<{ userId: string; typeOfBadge: string } & Omit<TemplateRecord, 'type'>>(
      account,
      'createBadgeTemplate',
      {
        userId: text,
        imageUrl: text,
        typeOfBadge: badgeType,
        name: text,
        validityPeriod: number,
        description: text,
        criteria: text,
        price: number,
      },
      ({ userId: ownerId, typeOfBadge, ...rest }) => {
        const now = clock.now();
        const row: TemplateRecord = {
          ...rest,
          _id: newId('templates'),
          _creationTime: now,
          type: typeOfBadge,
          isActive: true,
          ownerId,
          createdAt: now,
          updatedAt: now,
        };
        templates.insert(row);
        return { _id: row._id };
      },
    ),
    operation<TemplateRequest & { readonly data: Partial<TemplateRecord> }>(
      account,
      'updateBadgeTemplate',
      {
        ...byId,
        data: object({
          name: text,
          type: badgeType,
          description: text,
          criteria: text,
          validityPeriod: number,
          imageUrl: optional(text),
          backgroundColor: text,
          textColor: text,
          price: number,
          updatedAt: number,
        }),
      },
      ({ templateId, data }) => {
        templates.update(find(templateId)._id, data);
        return { _id: templateId };
      },
    ),
    operation<TemplateRequest>(account, 'deleteBadgeTemplate', byId, ({ templateId }) => {
      templates.update(find(templateId)._id, { isActive: false });
      return { _id: templateId };
    }),
  ];
}
