{{/* Out at once, in slowly: each silo that leaves moves its shards. */}}
{{- define "kpl.scaling" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  policies:
    - type: Percent
      value: 100
      periodSeconds: 60
scaleDown:
  stabilizationWindowSeconds: 900
  policies:
    - type: Pods
      value: 1
      periodSeconds: 300
{{- end -}}

{{/* The bytes of accepted records at which a silo has as much as it should: a share of MaxOutstandingBytes. */}}
{{- define "kpl.memoryOfASilo" -}}
{{- $most := include "kpl.text" (include "kpl.config" . | fromYaml).MaxOutstandingBytes | int64 -}}
{{- div (mul $most .Values.autoscaling.targetMemory) 100 -}}
{{- end -}}
