{{/* Every reason not to render, at once: what would be refused by the silo, or would lose records later. */}}
{{- define "kpl.check" -}}
{{- $errors := list -}}
{{- $v := .Values -}}
{{- if not $v.cluster.id -}}{{- $errors = append $errors "cluster.id is not set: it names the cluster and its tables, and two releases must not share it" -}}{{- end -}}
{{- if not $v.region -}}{{- $errors = append $errors "region is not set: the AWS region of the streams and the tables" -}}{{- end -}}
{{- if not $v.security -}}{{- $errors = append $errors "security is not set: 'open' lets everybody who reaches HTTP put records, without TLS; 'closed' needs TLS and identities" -}}{{- end -}}
{{- if eq $v.security "closed" -}}
{{- range $name, $what := dict "secretName" "HTTPS: tls.crt, tls.key, ca.crt" "siloSecretName" "the silos' ports: tls.crt, tls.key, ca.crt" -}}
{{- if not (get $v.tls $name) -}}{{- $errors = append $errors (printf "security: closed needs tls.%s, a Secret for %s" $name $what) -}}{{- end -}}
{{- end -}}
{{- if not $v.tls.siloNames -}}{{- $errors = append $errors "security: closed needs tls.siloNames, the names in the silos' certificates: without them whoever their root has signed counts as a silo" -}}{{- end -}}
{{- if and $v.tls.clientCaSecretName (not $v.tls.clientNames) -}}{{- $errors = append $errors "tls.clientCaSecretName needs tls.clientNames: without them whoever that root has signed may put into every stream" -}}{{- end -}}
{{- if and $v.tls.clientNames (not $v.tls.clientCaSecretName) -}}{{- $errors = append $errors "tls.clientNames has no effect without tls.clientCaSecretName" -}}{{- end -}}
{{- if not $v.identities.secretName -}}{{- $errors = append $errors "security: closed needs identities.secretName, a Secret with identities.json" -}}{{- end -}}
{{- if $v.test.stream -}}{{- $errors = append $errors "test.stream: with security: closed a record needs a key, and the test has none" -}}{{- end -}}
{{- else -}}
{{- range $name, $secret := $v.tls -}}
{{- if $secret -}}{{- $errors = append $errors (printf "tls.%s has no effect with security: open" $name) -}}{{- end -}}
{{- end -}}
{{- if $v.identities.secretName -}}{{- $errors = append $errors "identities.secretName has no effect with security: open" -}}{{- end -}}
{{- end -}}

{{- $config := include "kpl.config" . | fromYaml -}}
{{- $delay := include "kpl.milliseconds" $config.Http.DrainDelay | int64 -}}
{{- $stop := include "kpl.milliseconds" $config.StopTimeout | int64 -}}
{{- $drain := include "kpl.milliseconds" (kindIs "invalid" $config.DrainTimeout | ternary "30s" $config.DrainTimeout) | int64 -}}
{{- $grace := include "kpl.grace" . | int64 -}}
{{- $need := include "kpl.stop" . | int64 | add 10 -}}
{{- if lt $grace $need -}}{{- $errors = append $errors (printf "terminationGracePeriodSeconds is %d: config.Http.DrainDelay, config.StopTimeout and 10 s need %d" $grace $need) -}}{{- end -}}
{{- if and $v.spot (gt $grace 120) -}}{{- $errors = append $errors (printf "spot: nodes end after 120 s, and the grace period is %d s: lower config.StopTimeout" $grace) -}}{{- end -}}
{{- if gt $drain $stop -}}{{- $errors = append $errors "config.DrainTimeout is longer than config.StopTimeout" -}}{{- end -}}

{{- $streams := merge (dict "" dict) (default dict $config.Streams) -}}
{{- range $name, $stream := $streams -}}
{{- $ordered := ne (default (default "Off" $config.Ordered) $stream.Ordered) "Off" -}}
{{- $call := include "kpl.milliseconds" (default (default (ternary "15s" "6s" $ordered) $config.RequestTimeout) $stream.RequestTimeout) | int64 -}}
{{- $ttl := include "kpl.milliseconds" (default (default "30s" $config.RecordTtl) $stream.RecordTtl) | int64 -}}
{{- $least := add (mul 4 $call) 6000 -}}
{{- $where := ternary "config" (printf "config.Streams.%s" $name) (eq $name "") -}}
{{- if lt $ttl $least -}}{{- $errors = append $errors (printf "%s: RecordTtl is %d ms, and a record that meets two moves in a roll takes up to 4 × RequestTimeout + 6 s = %d ms" $where $ttl $least) -}}{{- end -}}
{{- if not (regexMatch "^(_?[A-Za-z0-9.-])*$" $name) -}}{{- $errors = append $errors (printf "config.Streams: '%s' cannot be a part of a variable's name, nor can __ or a last _; use the stream's name instead of its ARN" $name) -}}{{- end -}}
{{- end -}}

{{- $limit := include "kpl.bytes" $v.resources.limits.memory | int64 -}}
{{- if ne $limit (include "kpl.bytes" $v.resources.requests.memory | int64) -}}{{- $errors = append $errors "resources: requests.memory is not limits.memory: a silo that is promised less than it may use is killed first" -}}{{- end -}}
{{- if gt (include "kpl.text" $config.MaxOutstandingBytes | int64) (div $limit 4) -}}{{- $errors = append $errors "config.MaxOutstandingBytes is more than a quarter of resources.limits.memory: records of other silos have a second room as large, and bodies and pools come beside" -}}{{- end -}}

{{- if and $v.autoscaling.hpa.enabled $v.autoscaling.keda.enabled -}}{{- $errors = append $errors "autoscaling: hpa or keda, not both: they would undo each other's work" -}}{{- end -}}
{{- if and $v.autoscaling.keda.prometheusAddress (not $v.autoscaling.keda.enabled) -}}{{- $errors = append $errors "autoscaling.keda.prometheusAddress has no effect without autoscaling.keda.enabled" -}}{{- end -}}
{{- if gt ($v.autoscaling.minReplicas | int) ($v.autoscaling.maxReplicas | int) -}}{{- $errors = append $errors "autoscaling: minReplicas is more than maxReplicas" -}}{{- end -}}
{{- if and $v.aws.roleArn (not $v.serviceAccount.create) -}}{{- $errors = append $errors "aws.roleArn needs serviceAccount.create; annotate a service account of your own yourself" -}}{{- end -}}
{{- if ne $v.mesh "none" -}}
{{- if not (include "kpl.adminPort" .) -}}{{- $errors = append $errors (printf "mesh: %s: its proxy dials from loopback: give administration a port of its own, such as config.Http.AdminPort: 8081, which the proxy leaves alone" $v.mesh) -}}{{- end -}}
{{- range $name, $_ := (include "kpl.meshAnnotations" . | fromYaml) -}}
{{- if hasKey (default dict $v.podAnnotations) $name -}}{{- $errors = append $errors (printf "podAnnotations: mesh: %s sets %s" $v.mesh $name) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- $proxy := "proxy.istio.io/config" -}}
{{- if and (eq $v.mesh "istio") (hasKey (get (default dict $v.podAnnotations) $proxy | fromYaml) "Error") -}}{{- $errors = append $errors (printf "podAnnotations: %s is no YAML of names and values, to which the chart could add" $proxy) -}}{{- end -}}
{{- $monitor := $v.podMonitor -}}
{{- $memory := and $v.autoscaling.keda.enabled $v.autoscaling.keda.prometheusAddress -}}
{{- $sinks := default "" (default dict $config.Metrics).Sinks -}}
{{- if and (or $monitor.enabled $memory) $sinks (not (contains "prometheus" (lower $sinks))) -}}{{- $errors = append $errors "config.Metrics.Sinks names no Prometheus: podMonitor and autoscaling.keda.prometheusAddress would read nothing" -}}{{- end -}}
{{- if and $monitor.enabled (eq (default "" $config.MetricsLevel) "None") -}}{{- $errors = append $errors "podMonitor reads nothing with config.MetricsLevel: None" -}}{{- end -}}
{{- if and $memory (ne (default "Detailed" $config.MetricsLevel) "Detailed") -}}{{- $errors = append $errors "autoscaling.keda.prometheusAddress needs config.MetricsLevel: Detailed, which has kpl_outstanding_bytes" -}}{{- end -}}
{{- if $monitor.enabled -}}
{{- if and (eq $v.security "closed") (not $config.Http.OpenMetrics) (not $monitor.apiKeySecret.name) -}}{{- $errors = append $errors "podMonitor: with security: closed /metrics needs podMonitor.apiKeySecret, a key with the right 'status', or config.Http.OpenMetrics: true" -}}{{- end -}}
{{- if and $monitor.apiKeySecret.name (or (ne $v.security "closed") $config.Http.OpenMetrics) -}}{{- $errors = append $errors "podMonitor.apiKeySecret has no effect: /metrics is open" -}}{{- end -}}
{{- if and $monitor.apiKeySecret.name (not $monitor.apiKeySecret.key) -}}{{- $errors = append $errors "podMonitor.apiKeySecret.key is not set: which entry of the Secret has the key" -}}{{- end -}}
{{- end -}}
{{- if and $v.ingress.enabled (not $v.ingress.host) -}}{{- $errors = append $errors "ingress.host is not set" -}}{{- end -}}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) -}}{{- $errors = append $errors "httpRoute.parentRefs is empty" -}}{{- end -}}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.hostnames) (not (default dict $v.config.Http).Hosts) -}}{{- $errors = append $errors "httpRoute.hostnames is empty: a silo refuses every host that is named neither there nor in config.Http.Hosts" -}}{{- end -}}

{{- range $v.extraEnv -}}
{{- if regexMatch "(?i)^Kpl__" .name -}}{{- $errors = append $errors (printf "extraEnv: %s belongs into config" .name) -}}{{- end -}}
{{- if and (hasPrefix "DOTNET_GC" .name) (not (regexMatch "^0x[0-9A-Fa-f]+$" (toString .value))) -}}{{- $errors = append $errors (printf "extraEnv: %s is read as hexadecimal: write 0x…" .name) -}}{{- end -}}
{{- if and .value (regexMatch "(?i)(SECRET|PASSWORD|TOKEN|ACCESS_KEY)" .name) -}}{{- $errors = append $errors (printf "extraEnv: %s looks like a secret: give it by valueFrom.secretKeyRef" .name) -}}{{- end -}}
{{- end -}}
{{- range $name, $_ := (include "kpl.selector" . | fromYaml) -}}
{{- if hasKey (default dict $v.podLabels) $name -}}{{- $errors = append $errors (printf "podLabels: %s is a part of the selector" $name) -}}{{- end -}}
{{- end -}}
{{- range $v.extraObjects -}}
{{- if eq (toString .kind) "Service" -}}
{{- range (default (list) (default dict .spec).ports) -}}
{{- if or (has (toString .port) (list "11111" "30000")) (has (toString .targetPort) (list "11111" "30000" "silo" "gateway")) -}}
{{- $errors = append $errors "extraObjects: no Service may carry 11111 or 30000: silos and clients dial the address of one pod" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $errors -}}{{- fail (printf "\n  - %s" (join "\n  - " $errors)) -}}{{- end -}}
{{- end -}}
