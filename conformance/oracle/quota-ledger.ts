import Big from 'big.js'

/** What can be used, and so held and charged. */
export type ResourceKind = 'llm' | 'e2b'

/** Who uses something: the tenant pays, the user is the one it is done for, if any. */
export interface Party {
  readonly tenant: string
  readonly user: string | null
}

/** A limit on somebody's spending; an `all` quota counts both kinds. Amounts are decimal strings in USD. */
export interface Quota {
  readonly scope: 'platform' | 'tenant' | 'user'
  readonly scopeId: string | null
  readonly kind: ResourceKind | 'all'
  readonly limit: string
}

/** An estimate that is held until it is closed. */
export interface Hold extends Party {
  readonly id: string
  readonly kind: ResourceKind
  readonly request: string | null
  readonly amount: Big
}

/** What a reservation is to be answered: the room left in the tightest quota, none where there is no quota. */
export interface Admission {
  readonly granted: boolean
  readonly left: Big | undefined
}

/** Spend and holds of some quotas within one period, as the contract has them: plain sums, without SQL. */
export class QuotaLedger<Q extends Quota = Quota> {
  readonly #spent: Map<Q, Big>
  #holds: readonly Hold[] = []

  constructor(quotas: readonly Q[]) {
    this.#spent = new Map(quotas.map((quota) => [quota, new Big(0)]))
  }

  get quotas(): Q[] {
    return [...this.#spent.keys()]
  }

  /** Takes a quota into the books. */
  protected open(quota: Q): void {
    this.#spent.set(quota, new Big(0))
  }

  /** Takes a quota out of the books. */
  protected drop(quota: Q): void {
    this.#spent.delete(quota)
  }

  /** The open hold of a request, if it has one. */
  heldFor(tenant: string, kind: ResourceKind, request: string | null): Hold | undefined {
    if (request === null) return undefined
    return this.#holds.find(
      (hold) => hold.tenant === tenant && hold.kind === kind && hold.request === request,
    )
  }

  /**
   * Whether an amount may be held, in place of what its request holds already: in every quota concerned, spend, holds and
   * the amount have to be within the limit, equal included. What is held already is never refused.
   */
  admit(party: Party, kind: ResourceKind, asked: Big, held: Hold | undefined): Admission & { amount: Big } {
    const amount = held?.amount.gt(asked) ? held.amount : asked
    const rooms = this.concerned(party, kind).map((quota) =>
      new Big(quota.limit).minus(this.spent(quota)).minus(this.held(quota, held)),
    )
    const tightest = rooms.reduce<Big | undefined>(
      (least, room) => (least?.lte(room) ? least : room),
      undefined,
    )
    const granted = tightest === undefined || amount.lte(tightest) || held?.amount.eq(amount) === true
    return { granted, amount, left: granted ? tightest?.minus(amount) : tightest }
  }

  /** Takes a hold into the books, in place of the one with the same id. */
  hold(hold: Hold): void {
    this.#holds = [...this.#holds.filter(({ id }) => id !== hold.id), hold]
  }

  /** Closes a hold, whether it was settled, released or recorded, or its time is over. */
  close(id: string): void {
    this.#holds = this.#holds.filter((hold) => hold.id !== id)
  }

  /** Charges every quota concerned. */
  charge(party: Party, kind: ResourceKind, amount: Big): void {
    for (const quota of this.concerned(party, kind)) this.spend(quota, amount)
  }

  protected spend(quota: Q, amount: Big): void {
    this.#spent.set(quota, this.spent(quota).plus(amount))
  }

  spent(quota: Q): Big {
    return this.#spent.get(quota) ?? new Big(0)
  }

  /** What open holds take of a quota, all but one. */
  held(quota: Q, but?: Hold): Big {
    return this.#holds
      .filter((hold) => hold.id !== but?.id && concerns(quota, hold, hold.kind))
      .reduce((sum, { amount }) => sum.plus(amount), new Big(0))
  }

  protected concerned(party: Party, kind: ResourceKind): Q[] {
    return this.quotas.filter((quota) => concerns(quota, party, kind))
  }
}

function concerns(quota: Quota, { tenant, user }: Party, kind: ResourceKind): boolean {
  if (quota.kind !== 'all' && quota.kind !== kind) return false
  if (quota.scope === 'platform') return true
  return quota.scope === 'tenant' ? quota.scopeId === tenant : quota.scopeId === user
}
