{{/* The TCP ports that the silo dials: 443 for AWS, and those of endpoints that are named. */}}
{{- define "kpl.egressPorts" -}}{{- include "kpl.portsOf" (list . "http") -}}{{- end -}}

{{/* The same, of the endpoints with one scheme alone. Port 443 and those of proxies and KPL settings are always among them. */}}
{{- define "kpl.portsOf" -}}
{{- $config := include "kpl.config" (first .) | fromYaml -}}
{{- $scheme := last . -}}
{{- $ports := list 443 -}}
{{- $metrics := default dict $config.Metrics -}}
{{- range list $config.Kinesis.EndpointUrl $config.DynamoDb.ServiceUrl $metrics.EndpointUrl $metrics.DatadogUrl -}}
{{- $address := default "" . | lower -}}
{{- if hasPrefix $scheme $address -}}
{{- $port := regexFind ":[0-9]+(/|$)" $address | trimPrefix ":" | trimSuffix "/" -}}
{{- $ports = append $ports (default (ternary "443" "80" (hasPrefix "https:" $address)) $port | int) -}}
{{- end -}}
{{- end -}}
{{- with $config.Kinesis.ProxyHost -}}{{- $ports = append $ports (default 443 $config.Kinesis.ProxyPort | int) -}}{{- end -}}
{{- range list $config.KinesisPort $config.CloudwatchPort -}}{{- if . -}}{{- $ports = append $ports (int .) -}}{{- end -}}{{- end -}}
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
