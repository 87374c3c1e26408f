{{/* A container that runs the command `kpl`, which is in the silo's image. */}}
{{- define "kpl.testContainer" -}}
image: {{ include "kpl.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
command: [dotnet, /app/kpl/kpl.dll]
args: {{ toJson .args }}
resources:
  requests:
    cpu: 100m
    memory: 256Mi
  limits:
    memory: 256Mi
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
env:
  - name: DOTNET_EnableDiagnostics
    value: "0"
  {{- if eq .root.Values.security "closed" }}
  - name: KPL_CA
    value: /etc/kpl/http/ca.crt
  {{- end }}
{{- end -}}

{{/* The authorities of the tier's certificate, for a container of the test. */}}
{{- define "kpl.testTrust" -}}
{{- if eq .Values.security "closed" -}}
volumeMounts:
  - name: http
    mountPath: /etc/kpl/http
    readOnly: true
{{- end -}}
{{- end -}}

{{/* The labels by which policies know the pod of the test. */}}
{{- define "kpl.testSelector" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{- end -}}
