{{/* Section Kpl: what the user set, over what a pod needs. */}}
{{- define "kpl.config" -}}
{{- $memory := include "kpl.bytes" .Values.resources.limits.memory | int64 -}}
{{- $defaults := dict
  "StopTimeout" "90s"
  "MaxOutstandingBytes" (div $memory 8)
  "Http" (dict "DrainDelay" "10s" "AdminPort" 8081)
  "DynamoDb" (dict "CreateTables" false "TablePrefix" (printf "%s-" .Values.cluster.id)) -}}
{{- /* A request that was signed for another region was not meant for this tier. */ -}}
{{- if and (eq .Values.security "closed") (include "kpl.has" (dict "root" . "name" "Front:SignedRegions")) -}}
{{- $_ := set $defaults "Front" (dict "SignedRegions" .Values.region) -}}
{{- end -}}
{{- $config := mergeOverwrite $defaults (deepCopy (default dict .Values.config)) -}}
{{- $own := dict
  "Cluster" (dict "Membership" "dynamodb" "Id" .Values.cluster.id "ServiceId" (default .Values.cluster.id .Values.cluster.serviceId) "SiloPort" 11111 "GatewayPort" 30000)
  "Kinesis" (dict "Region" .Values.region)
  "DynamoDb" (dict "Region" .Values.region)
  "Http" (dict "Address" (ternary "::" "0.0.0.0" (eq .Values.ipFamily "IPv6")) "Port" 8080 "HealthPort" 8082) -}}
{{- $config = mergeOverwrite $config $own -}}
{{- if eq .Values.security "open" -}}
{{- range list "AllowPlaintext" "AllowAnonymous" -}}
{{- if include "kpl.has" (dict "root" $ "name" (printf "Http:%s" .)) -}}{{- $_ := set $config.Http . true -}}{{- end -}}
{{- end -}}
{{- $_ := set $config.Cluster "AllowPlaintext" true -}}
{{- else -}}
{{- $config = mergeOverwrite $config (include "kpl.closed" . | fromYaml) -}}
{{- end -}}
{{- /* The names under which others ask for it, beside those that the values name: every other host is refused. */ -}}
{{- $more := default "" $config.Http.Hosts -}}
{{- if and (include "kpl.has" (dict "root" . "name" "Http:Hosts")) (ne $more "*") -}}
{{- $name := include "kpl.fullname" . -}}
{{- $space := printf "%s.%s" $name .Release.Namespace -}}
{{- $hosts := list $name $space (printf "%s.svc" $space) (printf "%s.svc.cluster.local" $space) -}}
{{- if .Values.ingress.enabled -}}{{- $hosts = append $hosts .Values.ingress.host -}}{{- end -}}
{{- if .Values.httpRoute.enabled -}}{{- $hosts = concat $hosts .Values.httpRoute.hostnames -}}{{- end -}}
{{- $_ := set $config.Http "Hosts" (join "," (append $hosts $more | compact)) -}}
{{- end -}}
{{- /* Ordered records may have to outlive two moves with calls of 15 s each. */ -}}
{{- if and (ne (default "Off" $config.Ordered) "Off") (not $config.RecordTtl) -}}{{- $_ := set $config "RecordTtl" "70s" -}}{{- end -}}
{{- range $name, $stream := default dict $config.Streams -}}
{{- if and (ne (default (default "Off" $config.Ordered) $stream.Ordered) "Off") (not $stream.RecordTtl) (not $config.RecordTtl) -}}
{{- $_ := set $stream "RecordTtl" "70s" -}}
{{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* Sets each setting of a section in .out by the name of its variable. */}}
{{- define "kpl.flatten" -}}
{{- range $name, $value := .in -}}
{{- $path := printf "%s__%s" $.path $name -}}
{{- if kindIs "map" $value -}}
{{- include "kpl.flatten" (dict "in" $value "path" $path "out" $.out) -}}
{{- else if not (kindIs "invalid" $value) -}}
{{- $_ := set $.out $path (include "kpl.text" $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The environment of a silo. It is in the pod's template and nowhere else: a pod of an older release that restarts keeps its own. */}}
{{- define "kpl.env" -}}
{{- $all := dict
  "AWS_EC2_METADATA_DISABLED" "true"
  "AWS_REGION" .Values.region
  "DOTNET_GCHeapHardLimitPercent" "0x4B"
  "Logging__Console__FormatterName" .Values.logging.format -}}
{{- include "kpl.flatten" (dict "in" (include "kpl.config" . | fromYaml) "path" "Kpl" "out" $all) -}}
{{- range $category, $level := .Values.logging.levels -}}{{- $_ := set $all (printf "Logging__LogLevel__%s" $category) $level -}}{{- end -}}
{{- range $name, $value := $all }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
- name: Kpl__Cluster__AdvertisedAddress
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
{{- range $name, $ref := .Values.secretConfig }}
- name: Kpl__{{ replace ":" "__" $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $ref.name }}
      key: {{ $ref.key }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}
