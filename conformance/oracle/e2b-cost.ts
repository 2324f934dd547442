import Big from 'big.js'

/** Rates of a sandbox in USD: per second, per core-second, per GiB-second of memory, per GB of disk traffic. */
export interface E2bRates {
  readonly second: string
  readonly cpuCoreSecond: string
  readonly gbMemorySecond: string
  readonly gbDiskIo: string
}

/** What a sandbox used. What was not metered is left out and counts as nothing. */
export interface E2bUsage {
  readonly seconds: string
  readonly cpuCoreSeconds?: string | undefined
  readonly gbMemorySeconds?: string | undefined
  readonly gbDiskIo?: string | undefined
}

/** What a run costs in USD, exact: the contract's own arithmetic, without SQL. */
export function e2bCost(rates: E2bRates, usage: E2bUsage): { execution: Big; resource: Big; total: Big } {
  const execution = new Big(usage.seconds).times(rates.second)
  const resource = new Big(usage.cpuCoreSeconds ?? 0)
    .times(rates.cpuCoreSecond)
    .plus(new Big(usage.gbMemorySeconds ?? 0).times(rates.gbMemorySecond))
    .plus(new Big(usage.gbDiskIo ?? 0).times(rates.gbDiskIo))
  return { execution, resource, total: execution.plus(resource) }
}
