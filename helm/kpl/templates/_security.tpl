{{/* What `security: closed` sets: files of the Secrets that kpl.secretMounts puts there. */}}
{{- define "kpl.closed" -}}
Http:
  CertificateFile: /etc/kpl/http/tls.crt
  CertificateKeyFile: /etc/kpl/http/tls.key
  Identities: /etc/kpl/identities/identities.json
  {{- if .Values.tls.httpClientCaSecretName }}
  ClientCaCertFile: /etc/kpl/http-clients/ca.crt
  {{- end }}
Cluster:
  CertificateFile: /etc/kpl/silo/tls.crt
  CertificateKeyFile: /etc/kpl/silo/tls.key
  SiloCaCertFile: /etc/kpl/silo/ca.crt
  SiloNames: {{ join "," .Values.tls.siloNames | quote }}
  {{- if .Values.tls.clientCaSecretName }}
  ClientCaCertFile: /etc/kpl/clients/ca.crt
  ClientNames: {{ join "," .Values.tls.clientNames | quote }}
  {{- end }}
  {{- if .Values.tls.adminKeySecretName }}
  AdminKeyFile: /etc/kpl/admin/keys
  {{- end }}
{{- end -}}

{{/* Each Secret that is named, by the folder that it is mounted at. */}}
{{- define "kpl.secrets" -}}
{{- $all := dict
  "http" .Values.tls.secretName "silo" .Values.tls.siloSecretName "clients" .Values.tls.clientCaSecretName
  "http-clients" .Values.tls.httpClientCaSecretName "admin" .Values.tls.adminKeySecretName "identities" .Values.identities.secretName -}}
{{- range $folder, $secret := $all }}
{{- if $secret }}
{{ $folder }}: {{ $secret }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "kpl.secretMounts" -}}
{{- range $folder, $_ := (include "kpl.secrets" . | fromYaml) }}
- name: {{ $folder }}
  mountPath: /etc/kpl/{{ $folder }}
  readOnly: true
{{- end }}
{{- end -}}

{{/* Whole Secrets, not single keys: those are never replaced in a running pod. */}}
{{- define "kpl.secretVolumes" -}}
{{- range $folder, $secret := (include "kpl.secrets" . | fromYaml) }}
- name: {{ $folder }}
  secret:
    secretName: {{ $secret }}
    defaultMode: 0440
{{- end }}
{{- end -}}

{{- define "kpl.scheme" -}}
{{- if eq .Values.security "closed" -}}https{{- else -}}http{{- end -}}
{{- end -}}
