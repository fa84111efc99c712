import { mutate } from './mutations.ts'

mutate(process.env.MUTATION ?? '')
await import('../daemon-entry.ts')
