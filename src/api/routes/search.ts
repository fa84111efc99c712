import { z } from 'zod'
import { clientMessages } from '../../protocol/messages.ts'
import { passageSchema, searchedSchema } from '../../protocol/shapes.ts'
import { nothing, type Route } from './route.ts'

export const searchRoutes = {
  search: {
    ...nothing,
    method: 'POST',
    path: '/search',
    summary: 'The best passages for a query, without an answer',
    body: clientMessages.search.omit({ type: true, id: true }),
    response: z.object({ passages: z.array(passageSchema), searched: searchedSchema }),
  },
} as const satisfies Record<string, Route>
