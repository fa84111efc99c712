import { defineConfig } from 'drizzle-kit'

/** `npx drizzle-kit generate` writes the next migration; docs and reasons for hand edits are in the SQL itself. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './drizzle/schema.ts',
  out: './drizzle/migrations',
})
