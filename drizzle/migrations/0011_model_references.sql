ALTER TABLE "chunks" ADD COLUMN "context" text;--> statement-breakpoint
ALTER TABLE "generations" ADD COLUMN "reference" text DEFAULT 'builtin' NOT NULL;