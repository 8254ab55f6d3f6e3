/** Rows as the backend keeps them and sends them out. */
export interface TemplateRecord {
  readonly _id: string;
  readonly _creationTime: number;
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly criteria: string;
  /** Days; 0 = for ever. */
  readonly validityPeriod: number;
  readonly imageUrl?: string;
  readonly backgroundColor?: string;
  readonly textColor?: string;
  readonly price: number;
  readonly isActive: boolean;
  readonly ownerId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface HolderRecord {
  readonly _id: string;
  readonly _creationTime: number;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly ownerId: string;
  readonly holderDid: string;
  readonly issuerDid: string;
  /** The integrator's own id. */
  readonly holderId: string;
  readonly memo?: string;
}

export interface BadgeRecord {
  readonly _id: string;
  readonly _creationTime: number;
  readonly templateId: string;
  readonly recipientId: string;
  readonly issuerId: string;
  readonly issuedAt: number;
  /** 0 = never. */
  readonly expiresAt: number;
  readonly status: string;
  readonly type: string;
  readonly badgeData: unknown;
}

/** What the account holds at the start. */
export interface Seed {
  readonly templates: readonly TemplateRecord[];
  readonly holders: readonly HolderRecord[];
  readonly badges: readonly BadgeRecord[];
}
