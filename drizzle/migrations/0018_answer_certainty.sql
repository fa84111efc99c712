-- Rows stay as they are: what has no certainty gets it from "refused" when it is read, as daemons of the earlier version go on
-- writing such rows during a rolling upgrade, and backups of before hold them.
ALTER TABLE "answers" ADD COLUMN "certainty" text;