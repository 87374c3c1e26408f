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
{{- end -}}
