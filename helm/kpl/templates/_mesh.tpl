{{/*
What keeps a mesh's proxy from the ports that are no HTTP: silos and Orleans clients dial pods themselves, with TLS of their own. Administration's
port is excluded too: the proxy would dial it from loopback, where it answers.
*/}}
{{- define "kpl.meshAnnotations" -}}
{{- $admin := include "kpl.adminPort" . -}}
{{- if eq .Values.mesh "istio" -}}
traffic.sidecar.istio.io/excludeInboundPorts: "11111,30000,{{ $admin }}"
traffic.sidecar.istio.io/excludeOutboundPorts: "11111,30000"
{{- else if eq .Values.mesh "linkerd" -}}
config.linkerd.io/skip-inbound-ports: "11111,30000,{{ $admin }}"
config.linkerd.io/skip-outbound-ports: "11111,30000"
{{- end -}}
{{- end -}}

{{/* The port that administration has for itself, on the pod's loopback alone; empty for none that is known. */}}
{{- define "kpl.adminPort" -}}
{{- $port := (include "kpl.config" . | fromYaml).Http.AdminPort | default 0 | int -}}
{{- if gt $port 0 -}}{{ $port }}{{- end -}}
{{- end -}}

{{/* The ports at which the mesh's proxy asks its control plane. */}}
{{- define "kpl.meshPorts" -}}
{{- get (dict "istio" (list 15012) "linkerd" (list 8080 8086 8090)) .Values.mesh | default list | toJson -}}
{{- end -}}
