export { type Difference, differences, fingerprintText } from './differences.ts'
export { type Fact, type Fingerprint, fingerprint, fingerprintOf } from './fingerprint.ts'
