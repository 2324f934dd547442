/** Prices by name and moment, fast enough for a million records: what a call costs, in whole units of 10^-18 USD. */
import type Big from 'big.js'
import type { Component } from '../oracle/index.ts'
import { cardOf, type Rates, ratesOf } from './card.ts'
import type { Known, Version } from './known.ts'

/** Prices have 12 decimals at most, so a whole number holds them. */
export type Units = Readonly<Record<Component, bigint>>

interface Timed {
  readonly version: Version
  readonly from: number
  readonly until: number
}

/** What is in force for a name: a price of its own, else that of the model it is an alias of. */
export class Book {
  readonly #known: Known
  readonly #timed = new Map<string, readonly Timed[]>()
  readonly #rates = new Map<string, Rates>()
  readonly #units = new Map<string, Units>()

  constructor(known: Known) {
    this.#known = known
  }

  /** The version that a model is priced by at a moment, in milliseconds. */
  versionOf(provider: string, model: string, at: number): Version | undefined {
    const key = `${provider}/${model}`
    const own = this.at(key, at)
    if (own) return own
    const alias = this.#known.aliases.get(key)
    return alias === undefined ? undefined : this.at(alias, at)
  }

  /** The version of a price that is in force at a moment. */
  at(key: string, moment: number): Version | undefined {
    let timed = this.#timed.get(key)
    if (!timed) {
      timed = (this.#known.versions.get(key) ?? []).map((version) => ({
        version,
        from: Date.parse(version.from),
        until: version.until ? Date.parse(version.until) : Number.POSITIVE_INFINITY,
      }))
      this.#timed.set(key, timed)
    }
    for (let index = timed.length - 1; index >= 0; index -= 1) {
      const one = timed[index]
      if (one && one.from <= moment && moment < one.until) return one.version
    }
    return undefined
  }

  /** The prices of a tier at a moment, one a region. */
  regionsOf(tier: string, moment: number): Version[] {
    const keys = [...this.#known.versions.keys()].filter((key) => key.startsWith(`e2b/${tier}@`))
    return keys.flatMap((key) => this.at(key, moment) ?? [])
  }

  /** Whether a region has at some time no price where more than one other has: then each usage chooses by itself. */
  isAmbiguous(tier: string, region: string): boolean {
    const all = [...this.#known.versions].filter(([key]) => key.startsWith(`e2b/${tier}@`))
    const others = all.filter(([key]) => key !== `e2b/${tier}@${region}`)
    return others.length > 1
  }

  /** The rates of a version, USD per million tokens. */
  rates(version: Version, isLong: boolean, isBatch: boolean): Rates {
    const key = `${version.list}/${version.of}/${version.name}/${version.id} ${isLong} ${isBatch}`
    let rates = this.#rates.get(key)
    if (!rates) {
      rates = ratesOf(cardOf(version), isLong, isBatch)
      this.#rates.set(key, rates)
    }
    return rates
  }

  /** The rates of a version in units of 10^-12 USD per million tokens. */
  units(version: Version, isLong: boolean, isBatch: boolean): Units {
    const key = `${version.id} ${isLong} ${isBatch}`
    let units = this.#units.get(key)
    if (!units) {
      const rates = this.rates(version, isLong, isBatch)
      units = {
        input: whole(rates.input),
        output: whole(rates.output),
        cached_input: whole(rates.cached_input),
        cache_write_5m: whole(rates.cache_write_5m),
        cache_write_1h: whole(rates.cache_write_1h),
      }
      this.#units.set(key, units)
    }
    return units
  }
}

function whole(amount: Big): bigint {
  return BigInt(amount.times('1e12').toFixed())
}

/** Whole units of 10^-`places`, as a decimal. */
export function decimal(units: bigint, places: number): string {
  const digits = units.toString().padStart(places + 1, '0')
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** A decimal as whole units of 10^-`places`. */
export function unitsOf(amount: string, places: number): bigint {
  const [integer = '0', fraction = ''] = amount.split('.')
  return BigInt(integer + fraction.padEnd(places, '0'))
}
