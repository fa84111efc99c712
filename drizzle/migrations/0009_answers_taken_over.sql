ALTER TABLE "answers" ADD COLUMN "request" jsonb;--> statement-breakpoint
ALTER TABLE "answers" ADD COLUMN "cancelling" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "answers_in_flight" ON "answers" USING btree ("principal") WHERE "answers"."state" = 'running';