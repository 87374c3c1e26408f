{{- define "kpl.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "kpl.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "kpl.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "kpl.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "kpl.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "kpl.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "kpl.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* What every selector has, and nothing that changes with a version. The id is a part: changing it fails, as it must. */}}
{{- define "kpl.selector" -}}
app.kubernetes.io/name: {{ include "kpl.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: silo
kpl.orleans/cluster: {{ .Values.cluster.id | quote }}
{{- end -}}

{{- define "kpl.labels" -}}
app.kubernetes.io/name: {{ include "kpl.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: kpl
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Values as the silo reads them: Helm reads whole numbers of files as floating point. */}}
{{- define "kpl.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ printf "%.0f" . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end -}}

{{/* Milliseconds of a duration as settings have them: 100ms, 5s, 2m, 1h, 1d, or a number of milliseconds. */}}
{{- define "kpl.milliseconds" -}}
{{- $text := include "kpl.text" . | trim -}}
{{- $number := regexFind "^[0-9]+(\\.[0-9]+)?" $text | float64 -}}
{{- $unit := regexFind "[a-z]+$" $text -}}
{{- $factor := get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000) (default "ms" $unit) -}}
{{- mulf $number $factor | int64 -}}
{{- end -}}

{{/* Bytes of a Kubernetes quantity. */}}
{{- define "kpl.bytes" -}}
{{- $text := include "kpl.text" . -}}
{{- $number := regexFind "^[0-9]+(\\.[0-9]+)?" $text | float64 -}}
{{- $unit := regexFind "[A-Za-z]+$" $text -}}
{{- $factor := get (dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776) $unit -}}
{{- if not $factor -}}{{ fail (printf "'%s' is no quantity of memory such as 2Gi" $text) }}{{- end -}}
{{- mulf $number $factor | int64 -}}
{{- end -}}

{{/* Whether the silo of this version has a setting: files/settings.txt is written from its table. */}}
{{- define "kpl.has" -}}
{{- if has .name (splitList "\n" (.root.Files.Get "files/settings.txt")) -}}yes{{- end -}}
{{- end -}}

{{/* The least number of silos. */}}
{{- define "kpl.least" -}}
{{- if or .Values.autoscaling.hpa.enabled .Values.autoscaling.keda.enabled -}}{{ .Values.autoscaling.minReplicas }}{{- else -}}{{ .Values.replicas }}{{- end -}}
{{- end -}}

{{/* Seconds that a silo may work on after it was told to stop. */}}
{{- define "kpl.stop" -}}
{{- $config := include "kpl.config" . | fromYaml -}}
{{- divf (addf (include "kpl.milliseconds" $config.Http.DrainDelay) (include "kpl.milliseconds" $config.StopTimeout)) 1000.0 | ceil | int64 -}}
{{- end -}}

{{/* Seconds that a pod may take to end. */}}
{{- define "kpl.grace" -}}
{{- .Values.terminationGracePeriodSeconds | int64 | default (include "kpl.stop" . | int64 | add 10) -}}
{{- end -}}

{{/* Cluster Autoscaler leaves a node alone whose pods have volumes of the node that are not named here. Nothing in them outlives a pod. */}}
{{- define "kpl.evictAnnotation" -}}
{{- $names := concat (list "tmp") (get (dict "istio" (list "istio-data" "workload-socket" "credential-socket" "workload-certs")
  "linkerd" (list "linkerd-proxy-init-xtables-lock")) .Values.mesh | default list) -}}
{{- range .Values.extraVolumes -}}
{{- if and (hasKey . "emptyDir") (ne (dig "medium" "" (default dict .emptyDir)) "Memory") -}}{{- $names = append $names .name -}}{{- end -}}
{{- end -}}
cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes: {{ join "," $names | quote }}
{{- end -}}
