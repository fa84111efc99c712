import { Box } from 'ink'
import type { ReactNode } from 'react'

/** Quoted text, with a bar on its left. */
export function QuoteBox({ children }: { children: ReactNode }) {
  return (
    <Box
      flexDirection="column"
      borderStyle="bold"
      borderTop={false}
      borderRight={false}
      borderBottom={false}
      borderDimColor
      paddingLeft={1}
    >
      {children}
    </Box>
  )
}
