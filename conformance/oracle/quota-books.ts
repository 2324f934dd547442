import Big from 'big.js'
import { type Party, type Quota, QuotaLedger, type ResourceKind } from './quota-ledger.ts'
import { type QuotaPeriod, quotaPeriod } from './quota-period.ts'

/** A quota with the period that is open, or the first one of a quota that starts later. Times are microseconds since 1970. */
export interface OpenQuota extends Quota {
  readonly period: QuotaPeriod
  readonly anchor: number
  readonly start: number
  readonly end: number
}

/** A period that is over, under the name, the limit and with the spend that it had. */
export interface ClosedPeriod extends Omit<OpenQuota, 'anchor'> {
  readonly spent: Big
}

/** What somebody used: what it costs, and what each quota was charged for it. */
interface Usage extends Party {
  readonly kind: ResourceKind
  cost: Big
  readonly charged: Map<OpenQuota, Big>
}

/**
 * Quotas that people edit while usage is charged, over many periods: what is open, what is archived and what each has spent.
 * It keeps what every quota was charged for every usage, so that a credit never depends on times.
 *
 * An open quota is an object of its own that changes: it stays the same one, whatever is edited.
 */
export class QuotaBooks extends QuotaLedger<OpenQuota> {
  readonly #usage = new Map<string, Usage>()
  readonly #now: number
  closed: readonly ClosedPeriod[] = []

  constructor(now: number) {
    super([])
    this.#now = now
  }

  /** Lets time pass: now stays, and all that there is lies so much further back. */
  pass(microseconds: number): void {
    const back = ({ start, end }: { start: number; end: number }) => ({
      start: start - microseconds,
      end: end - microseconds,
    })
    for (const quota of this.quotas) change(quota, { ...back(quota), anchor: quota.anchor - microseconds })
    this.closed = this.closed.map((one) => ({ ...one, ...back(one) }))
  }

  /** The quota of that name and period, if there is one. */
  find(wanted: Quota, period: QuotaPeriod): OpenQuota | undefined {
    return this.quotas.find(
      (quota) =>
        quota.scope === wanted.scope &&
        quota.scopeId === wanted.scopeId &&
        quota.kind === wanted.kind &&
        quota.period === period,
    )
  }

  /** A new quota; its first period starts now, or so much later. */
  add(quota: Quota, period: QuotaPeriod, later = 0): void {
    const start = this.#now + later
    const { scope, scopeId, kind, limit } = quota
    this.open({
      scope,
      scopeId,
      kind,
      limit,
      period,
      anchor: start,
      start,
      end: periodAt(start, period, start)[1],
    })
  }

  /** Another limit: its period stays open. */
  limit(quota: OpenQuota, limit: string): void {
    change(quota, { limit })
  }

  /** Another period: the open one is archived, the next starts now; of one that starts later, the first has another length. */
  recount(quota: OpenQuota, period: QuotaPeriod): void {
    if (quota.period === period) return
    const hasStarted = quota.start <= this.#now
    if (hasStarted) this.#archive(quota)
    const start = hasStarted ? this.#now : quota.start
    change(quota, { period, start, end: periodAt(quota.anchor, period, start)[1] })
  }

  /** Takes a quota away: its open period is archived. */
  remove(quota: OpenQuota): void {
    if (quota.start <= this.#now) this.#archive(quota)
    this.drop(quota)
  }

  /** Closes the periods that are over, of quotas that usage of this kind would be charged to. */
  roll(party: Party, kind: ResourceKind): void {
    for (const quota of this.concerned(party, kind)) this.rollOver(quota)
  }

  rollOver(quota: OpenQuota): void {
    if (this.#now < quota.end) return
    this.#close(quota, quota.start, quota.end)
    const [start, end] = periodAt(quota.anchor, quota.period, this.#now)
    change(quota, { start: Math.max(quota.end, start), end })
  }

  override charge(party: Party, kind: ResourceKind, amount: Big): void {
    this.roll(party, kind)
    super.charge(party, kind, amount)
  }

  /** Charges usage, less what a settlement was charged in its place. */
  use(id: string, party: Party, kind: ResourceKind, cost: Big, settlement?: string): void {
    const charged = new Map<OpenQuota, Big>()
    this.#usage.set(id, { ...party, kind, cost, charged })
    if (!cost.eq(0)) {
      this.charge(party, kind, cost)
      for (const quota of this.concerned(party, kind)) charged.set(quota, cost)
    }
    if (settlement !== undefined) this.revise(settlement, new Big(0))
  }

  /** What usage costs after all: more is charged to the quotas of today, and less credited to those that it was charged to. */
  revise(id: string, cost: Big): void {
    const usage = this.#usage.get(id)
    if (!usage || usage.cost.eq(cost)) return
    const more = cost.minus(usage.cost)
    usage.cost = cost
    this.roll(usage, usage.kind)
    for (const quota of this.concerned(usage, usage.kind)) {
      const before = usage.charged.get(quota) ?? new Big(0)
      const after = before.plus(more).lt(0) ? new Big(0) : before.plus(more)
      usage.charged.set(quota, after)
      this.spend(quota, after.minus(before))
    }
  }

  /** Only what has started counts. */
  protected override concerned(party: Party, kind: ResourceKind): OpenQuota[] {
    return super.concerned(party, kind).filter(({ start }) => start <= this.#now)
  }

  /** The period that is left, and of one that was over already also the part of the one that has begun since. */
  #archive(quota: OpenQuota): void {
    const [begun] = periodAt(quota.anchor, quota.period, this.#now)
    const next = Math.max(quota.end, begun)
    this.#close(quota, quota.start, Math.min(quota.end, this.#now))
    if (next < this.#now) this.#close(quota, next, this.#now)
  }

  #close(quota: OpenQuota, start: number, end: number): void {
    const { anchor: _, ...rest } = quota
    const spent = this.spent(quota)
    if (end > start || !spent.eq(0)) this.closed = [...this.closed, { ...rest, start, end, spent }]
    this.spend(quota, spent.times(-1))
  }
}

/** In microseconds, which a date does not have: the anchor's part of a millisecond is that of every period. */
function periodAt(anchor: number, period: QuotaPeriod, moment: number): [start: number, end: number] {
  const rest = anchor % 1000
  const [start, end] = quotaPeriod((anchor - rest) / 1000, period, Math.floor((moment - rest) / 1000))
  return [start * 1000 + rest, end * 1000 + rest]
}

function change(quota: OpenQuota, to: Partial<OpenQuota>): void {
  Object.assign(quota, to)
}
