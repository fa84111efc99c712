import type { LastAnswer } from '../knowledge.ts'

export const lastAnswer: LastAnswer = {
  sources: [
    "_|what|what's|which|any|show|give|and _|me|us|is|are|was|about _|the|your source|sources|reference|references|citation|citations|proof|evidence _|please|for|of _|that|this|it",
    'where|how do|did you know|get|find|have _|that|this|it _|from',
    'where does|did _|it|that|this come|say|stand|says _|that|this|it|so|from',
    'where is|was that|this|it written|said|stated|from|documented',
    'says who',
    'who says _|that|so|this',
    'according to what|whom|which _|document|file|source',
    '_|in|from which|what document|file|page|section _|is|was|says _|that|this|it _|from|in|so',
  ],
  more: [
    '_|and|please|show|give|tell|list|can|could _|me|us|you|i _|see|have|show|tell|give|list _|me|us all|more|everything _|of|about|on|please _|them|it|that|this|those|these _|please',
    '_|and|please|show|give|tell|list|can|could|what _|me|us|you|about|are|is _|the|all rest|others|remainder|remaining _|of|ones|please _|them|it|the _|list|items',
    '_|tell|explain|describe|and|a _|me|us|it|that|this|little|bit in|with|more|further|full|greater _|more|full|greater detail|details|depth|information|info _|please|about|on _|it|that|this',
    'elaborate|expand|continue|details|more _|on|please|details|about _|it|that|this',
    'go on _|please',
    'what|anything else|more _|is|are _|there',
    'is that|this|it all|everything _|of _|it|them',
    'are there|those|these _|any more|others|all _|of _|them',
  ],
  translation: [
    '_|and|now|please|can|could|say|translate|answer|repeat|write|tell _|you|it|that|this|me|please _|say|translate|answer|repeat|write|tell _|it|that|this|me|again in|into|to english|russian|german|french|spanish|italian|chinese|polish|ukrainian _|please|language',
    '_|same|the|now _|same|thing in english|russian|german|french|spanish|italian|chinese|polish|ukrainian _|please',
  ],
}
