{{- define "chatbot.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels that select a component's pods; call with (list . "component"). */}}
{{- define "chatbot.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "chatbot.labels" -}}
{{- $root := index . 0 -}}
{{ include "chatbot.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: chatbot
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "chatbot.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ end -}}
{{- end -}}
{{- end -}}

{{- define "chatbot.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "chatbot.fullname" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end -}}
{{- end -}}

{{/* Without a PostgreSQL each pod uses the embedded database. */}}
{{- define "chatbot.embedded" -}}
{{- if not (or .Values.postgres.enabled .Values.existingSecret .Values.env.secrets.DATABASE_URL) }}true{{ end -}}
{{- end -}}

{{/* A generated secret: from the values, else from the cluster, else a new one that stays the same throughout this
rendering. Call with (list . "section" "key"): the Secret NAME-section has it under key; a fourth argument overrides the name. */}}
{{- define "chatbot.generated" -}}
{{- $root := index . 0 -}}{{- $section := index . 1 -}}{{- $key := index . 2 -}}
{{- $name := $section -}}{{- if eq (len .) 4 -}}{{- $name = index . 3 -}}{{- end -}}
{{- $values := index $root.Values $section -}}
{{- if not (index $values $key) -}}
{{- $secret := lookup "v1" "Secret" $root.Release.Namespace (printf "%s-%s" (include "chatbot.fullname" $root) $name) -}}
{{- $known := dig "data" $key "" (default dict $secret) -}}
{{- $_ := set $values $key (ternary (b64dec $known) (randAlphaNum 32) (ne $known "")) -}}
{{- end -}}
{{- index $values $key -}}
{{- end -}}

{{/* The variables in the daemon's Secret, as YAML. */}}
{{- define "chatbot.secrets" -}}
{{- $all := deepCopy .Values.env.secrets -}}
{{- $name := include "chatbot.fullname" . -}}
{{- if .Values.postgres.enabled -}}
{{- $_ := set $all "DATABASE_URL" (printf "postgresql://chatbot:%s@%s-postgres:5432/chatbot" (include "chatbot.generated" (list . "postgres" "password")) $name) -}}
{{- end -}}
{{- if .Values.redis.enabled -}}
{{- $_ := set $all "REDIS_URL" (printf "redis://:%s@%s-redis:6379/0" (include "chatbot.generated" (list . "redis" "password")) $name) -}}
{{- end -}}
{{- if not .Values.env.secrets.CHATBOT_AUTH_SECRET -}}
{{- $_ := set $all "CHATBOT_AUTH_SECRET" (include "chatbot.generated" (list . "auth" "secret")) -}}
{{- end -}}
{{- if include "chatbot.ownMetricsToken" . -}}
{{- $_ := set $all "CHATBOT_SERVER_METRICS_TOKEN" (include "chatbot.generated" (list . "serviceMonitor" "token" "metrics")) -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}

{{/* Pods of an Ingress controller have private addresses. With node ports, clients may have them too; then trustedProxies
must be set explicitly. */}}
{{- define "chatbot.trustedProxies" -}}
{{- if .Values.trustedProxies -}}
{{- join "," .Values.trustedProxies -}}
{{- else if and .Values.ingress.enabled (eq .Values.service.type "ClusterIP") -}}
private
{{- end -}}
{{- end -}}

{{/* Whether the chart generates a token for the scraper. */}}
{{- define "chatbot.ownMetricsToken" -}}
{{- if and .Values.serviceMonitor.enabled (not .Values.serviceMonitor.keySecret) (not .Values.env.secrets.CHATBOT_SERVER_METRICS_TOKEN) }}true{{ end -}}
{{- end -}}

{{- define "chatbot.config" -}}
CHATBOT_SERVER_DRAIN_MS: {{ mul .Values.shutdown.drainSeconds 1000 | quote }}
{{- with include "chatbot.trustedProxies" . }}
CHATBOT_SERVER_TRUSTED_PROXIES: {{ . | quote }}
{{- end }}
{{- if .Values.models.existingClaim }}
HF_HUB_CACHE: /models
{{- end }}
{{- range $key, $value := .Values.env.config }}
{{ $key }}: {{ $value | toString | quote }}
{{- end }}
{{- end -}}

{{- define "chatbot.envFrom" -}}
- configMapRef: { name: {{ include "chatbot.fullname" . }}-config }
- secretRef: { name: {{ include "chatbot.fullname" . }}-secrets }
{{- with .Values.existingSecret }}
- secretRef: { name: {{ . }} }
{{- end }}
{{- end -}}

{{/* Restricted Pod Security; call with the user id. */}}
{{- define "chatbot.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "chatbot.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "chatbot.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}
