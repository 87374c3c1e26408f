using System.Text.RegularExpressions;

namespace Orleans.Kpl.Deploy.Tests;

/// <summary>What would lose records, or a silo, is not rendered. The message says what to do.</summary>
public sealed class ChartRuleTests
{
    [Fact]
    public void WithoutWhatIsRequired_AllOfItIsNamed()
    {
        var error = Refused("", least: "");
        foreach (var name in new[] { "cluster.id", "region", "security" })
            Assert.Contains($"- {name} is not set", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("terminationGracePeriodSeconds: 109", "config.StopTimeout and 10 s need 110")]
    [InlineData("config: {StopTimeout: 3m}\nspot: true", "nodes end after 120 s, and the grace period is 200 s")]
    [InlineData("config: {DrainTimeout: 91s}", "config.DrainTimeout is longer than config.StopTimeout")]
    [InlineData("autoscaling: {hpa: {enabled: true}, keda: {enabled: true}}", "hpa or keda, not both")]
    [InlineData("autoscaling: {keda: {prometheusAddress: 'http://p'}}", "prometheusAddress has no effect without autoscaling.keda.enabled")]
    [InlineData("autoscaling: {keda: {enabled: true, prometheusAddress: 'http://p'}}\nconfig: {MetricsLevel: Summary}", "needs config.MetricsLevel: Detailed")]
    [InlineData("podMonitor: {enabled: true}\nconfig: {MetricsLevel: None}", "podMonitor reads nothing with config.MetricsLevel: None")]
    [InlineData("podMonitor: {enabled: true}\nconfig: {Metrics: {Sinks: CloudWatch}}", "config.Metrics.Sinks names no Prometheus")]
    [InlineData(
        "autoscaling: {keda: {enabled: true, prometheusAddress: 'http://p'}}\nconfig: {Metrics: {Sinks: none}}", "config.Metrics.Sinks names no Prometheus")]
    [InlineData("autoscaling: {hpa: {enabled: true}, maxReplicas: 2}", "minReplicas is more than maxReplicas")]
    [InlineData("mesh: istio\nconfig: {Http: {AdminPort: -1}}", "mesh: istio: its proxy dials from loopback: give administration a port of its own")]
    [InlineData("mesh: linkerd\nconfig: {Http: {AdminPort: 0}}", "mesh: linkerd: its proxy dials from loopback")]
    [InlineData("mesh: istio\npodAnnotations: {proxy.istio.io/config: 'concurrency:2'}", "proxy.istio.io/config is no YAML of names and values")]
    [InlineData(
        "mesh: linkerd\npodAnnotations: {config.linkerd.io/skip-inbound-ports: '25'}",
        "podAnnotations: mesh: linkerd sets config.linkerd.io/skip-inbound-ports")]
    [InlineData("resources: {limits: {memory: 4Gi}}", "requests.memory is not limits.memory")]
    [InlineData("config: {MaxOutstandingBytes: 600000000}", "more than a quarter of resources.limits.memory")]
    [InlineData("extraEnv: [{name: DOTNET_GCHeapCount, value: '10'}]", "DOTNET_GCHeapCount is read as hexadecimal")]
    [InlineData("extraEnv: [{name: Kpl__RecordTtl, value: 1m}]", "Kpl__RecordTtl belongs into config")]
    [InlineData("extraEnv: [{name: AWS_SECRET_ACCESS_KEY, value: abc}]", "looks like a secret")]
    [InlineData("security: closed", "closed needs tls.secretName, a Secret for HTTPS")]
    [InlineData("security: closed\ntls: {secretName: a}\nidentities: {secretName: b}", "closed needs tls.siloSecretName, a Secret for the silos' ports")]
    [InlineData("security: closed\ntls: {secretName: a, siloSecretName: b}", "closed needs identities.secretName, a Secret with identities.json")]
    [InlineData("security: closed\ntls: {secretName: a, siloSecretName: b}\nidentities: {secretName: c}\ntest: {stream: s}", "a record needs a key")]
    [InlineData("security: closed\ntls: {secretName: a, siloSecretName: b}\nidentities: {secretName: c}", "closed needs tls.siloNames")]
    [InlineData("security: closed\ntls: {siloNames: [a], clientCaSecretName: d}", "tls.clientCaSecretName needs tls.clientNames")]
    [InlineData("security: closed\ntls: {siloNames: [a], clientNames: [d]}", "tls.clientNames has no effect without tls.clientCaSecretName")]
    [InlineData("tls: {siloNames: [a]}", "tls.siloNames has no effect with security: open")]
    [InlineData("tls: {clientCaSecretName: a}", "tls.clientCaSecretName has no effect with security: open")]
    [InlineData("identities: {secretName: a}", "identities.secretName has no effect with security: open")]
    [InlineData("config: {RecordTtl: 29s}", "RecordTtl is 29000 ms")]
    [InlineData("config: {RequestTimeout: 7s}", "4 × RequestTimeout + 6 s = 34000 ms")]
    [InlineData("config: {RecordTtl: 65s, Streams: {a: {Ordered: PutRecord}}}", "config.Streams.a: RecordTtl is 65000 ms")]
    [InlineData("config: {Streams: {'arn:aws:kinesis:eu-central-1:1:stream/a': {RateLimit: 50}}}", "use the stream's name instead of its ARN")]
    [InlineData("config: {Streams: {a__b: {RateLimit: 50}}}", "'a__b' cannot be a part of a variable's name")]
    [InlineData("podLabels: {app.kubernetes.io/name: other}", "is a part of the selector")]
    [InlineData("extraObjects: [{apiVersion: v1, kind: Service, spec: {ports: [{port: 30000}]}}]", "no Service may carry 11111 or 30000")]
    [InlineData("ingress: {enabled: true}", "ingress.host is not set")]
    [InlineData("httpRoute: {enabled: true, parentRefs: [{name: g}]}", "httpRoute.hostnames is empty: a silo refuses every host")]
    public void WhatCannotWork_IsNotRendered(string values, string told) => Assert.Contains(told, Refused(values), StringComparison.Ordinal);

    [Fact]
    public void SeveralMistakes_AreToldTogether()
    {
        var error = Refused("mesh: istio\nterminationGracePeriodSeconds: 60\nconfig: {RecordTtl: 20s, Http: {AdminPort: -1}}");
        Assert.Equal(3, error.Split("\n  - ").Length - 1);
    }

    /// <summary>A drain that takes no time was held for the default of 30 s.</summary>
    [Fact]
    public void ADrainWithoutTime_FitsIntoAnyStop() =>
        Assert.Equal("0", Helm.Get().Template(Chart.Least + "config: {StopTimeout: 20s, DrainTimeout: 0}").Environment["Kpl__DrainTimeout"]);

    [Fact]
    public void RecordsOfOrderedStreams_OutliveTwoMoves()
    {
        Assert.Equal("70s", GoldenSets.Render("ordered").Environment["Kpl__RecordTtl"]);
        var ofOne = Helm.Get().Template(Chart.Least + "config: {Streams: {a: {Ordered: PutRecord}, b: {RateLimit: 50}}}").Environment;
        Assert.Equal("70s", ofOne["Kpl__Streams__a__RecordTtl"]);
        Assert.DoesNotContain("Kpl__Streams__b__RecordTtl", ofOne.Keys);
    }

    /// <summary>It was refused, as Orleans' own provider would sign for it with a made-up key; ours does not.</summary>
    [Fact]
    public void AnInterfaceEndpointOfDynamoDb_IsGivenToTheSilo()
    {
        const string Endpoint = "https://vpce-1.dynamodb.eu-central-1.vpce.amazonaws.com";
        Assert.Equal(Endpoint, Helm.Get().Template(Chart.Least + $"config: {{DynamoDb: {{ServiceUrl: '{Endpoint}'}}}}").Environment["Kpl__DynamoDb__ServiceUrl"]);
    }

    /// <summary>The chart's release is the version that the packages have.</summary>
    [Fact]
    public void Version_IsThatOfTheProject()
    {
        var project = VersionOf(File.ReadAllText(Path.Combine(Checkout.Root, "Directory.Build.props")), "<Version>(.+)</Version>");
        Assert.Equal((project, project), (
            VersionOf(Chart.Read("Chart.yaml"), "(?m)^version: (.+)$"), VersionOf(Chart.Read("Chart.yaml"), "(?m)^appVersion: (.+)$")));
    }

    /// <summary>The documented build made another tag than the one that the chart pulls.</summary>
    [Theory]
    [InlineData("docs/deploying.md")]
    [InlineData("docs/runbook/README.md")]
    [InlineData("deploy/docker/Dockerfile")]
    public void ImagesThatAreBuiltByHand_HaveTheTagThatTheChartPulls(string file)
    {
        var tag = VersionOf(Chart.Read("Chart.yaml"), "(?m)^appVersion: (.+)$");
        var named = Regex.Matches(File.ReadAllText(Path.Combine(Checkout.Root, file)), "/orleans-kpl-silo:([0-9.]+)").Select(static m => m.Groups[1].Value);
        Assert.Equal(tag, Assert.Single(named));
        Assert.EndsWith($":{tag}", Helm.Get().Template(Chart.Least).Silo.Text("image"), StringComparison.Ordinal);
    }

    private static string VersionOf(string text, string pattern) => Regex.Match(text, pattern).Groups[1].Value;

    private static string Refused(string values, string least = Chart.Least)
    {
        // The later one of two same keys would win, but YAML refuses two.
        var kept = least.Split('\n').Where(l => l.Length > 0 && !values.Contains(l.Split(':')[0] + ":", StringComparison.Ordinal));
        var run = Helm.Get().Template(string.Join('\n', [.. kept, values]));
        Assert.NotEqual(0, run.Code);
        return run.Error;
    }
}
