{{/*
What keeps a mesh's proxy from the ports that are no HTTP: silos and Orleans clients dial pods themselves, with TLS of their own, and so does who
dials AWS. Administration's port is excluded too: the proxy would dial it from loopback, where it answers.
*/}}
{{- define "kpl.meshAnnotations" -}}
{{- $in := printf "11111,30000,%s" (include "kpl.adminPort" .) -}}
{{- $out := concat (list "11111" "30000") (include "kpl.portsOf" (list . "https") | fromJsonArray) | join "," -}}
{{- if eq .Values.mesh "istio" -}}
traffic.sidecar.istio.io/excludeInboundPorts: {{ $in | quote }}
traffic.sidecar.istio.io/excludeOutboundPorts: {{ $out | quote }}
{{- else if eq .Values.mesh "linkerd" -}}
config.linkerd.io/skip-inbound-ports: {{ $in | quote }}
config.linkerd.io/skip-outbound-ports: {{ $out | quote }}
{{- end -}}
{{- end -}}

{{/* An ordinary sidecar is told to stop together with the silo: it must last as long as the silo works. What podAnnotations say of that wins. */}}
{{- define "kpl.drainAnnotations" -}}
{{- $seconds := include "kpl.stop" . -}}
{{- $own := default dict .Values.podAnnotations -}}
{{- if eq .Values.mesh "istio" -}}
{{- $name := "proxy.istio.io/config" -}}
{{ $name }}: {{ merge (get $own $name | fromYaml) (dict "terminationDrainDuration" (printf "%ss" $seconds)) | toJson | quote }}
{{- else if eq .Values.mesh "linkerd" -}}
{{- $name := "config.alpha.linkerd.io/proxy-wait-before-exit-seconds" -}}
{{ $name }}: {{ get $own $name | default $seconds | quote }}
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
