export { migrationsOnTrial } from './migrations.ts'
export { priceList } from './price-list.ts'
export { serverOf } from './server.ts'
export { sinceBase } from './since-base.ts'
