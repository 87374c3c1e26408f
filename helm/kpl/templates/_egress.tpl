{{/* The TCP ports that the silo dials: 443 for AWS, those of endpoints that are named, and those of a mesh. */}}
{{- define "kpl.egressPorts" -}}
{{- $config := include "kpl.config" . | fromYaml -}}
{{- $ports := list 443 -}}
{{- range list (default "" (default dict $config.Kinesis).EndpointUrl) (default "" $config.DynamoDb.ServiceUrl) -}}
{{- if . -}}
{{- $port := regexFind ":[0-9]+" (trimPrefix "https:" . | trimPrefix "http:") | trimPrefix ":" -}}
{{- $ports = append $ports (default (ternary "443" "80" (hasPrefix "https:" .)) $port | int) -}}
{{- end -}}
{{- end -}}
{{- with (default dict $config.Kinesis).ProxyHost -}}{{- $ports = append $ports (default 443 $config.Kinesis.ProxyPort | int) -}}{{- end -}}
{{- $ports = concat $ports (include "kpl.meshPorts" . | fromJsonArray) -}}
{{- $ports | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* Who may use the gateways. */}}
{{- define "kpl.clients" -}}
{{- if .Values.networkPolicy.clients -}}
{{- toYaml .Values.networkPolicy.clients -}}
{{- else -}}
matchLabels:
  kpl.orleans/client: {{ .Values.cluster.id | quote }}
{{- end -}}
{{- end -}}
