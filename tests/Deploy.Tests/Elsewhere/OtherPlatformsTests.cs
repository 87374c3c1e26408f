using System.Text.RegularExpressions;
using Orleans.Kpl.Kinesis.Settings;

namespace Orleans.Kpl.Deploy.Tests.Elsewhere;

/// <summary>ECS, compose and systemd give a silo the time and the settings that it needs, as the chart does.</summary>
public sealed class OtherPlatformsTests
{
    private static readonly Regex Line = new("(?m)^TimeoutStopSec=([0-9]+s)$");
    private static readonly Regex Publish = new("(?m)^RUN dotnet publish ([^ ]+) .*-o /out/([a-z]+)");
    private static readonly Regex Entry = new(@"ENTRYPOINT \[""dotnet"", ""/app/([a-z]+)/([A-Za-z.]+)\.dll""\]");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ecs_GivesTheStopItsTime(bool isClosed)
    {
        var silo = EcsSilo();
        var env = EnvironmentOf(silo, isClosed);
        Assert.True(Seconds(env["Kpl__Http__DrainDelay"]) + Seconds(env["Kpl__StopTimeout"]) + 10 <= silo.Number("StopTimeout"));
        AssertTaken(env);
    }

    [Fact]
    public void Ecs_AsksTheCommandThatIsInTheImage()
    {
        var port = EnvironmentOf(EcsSilo())["Kpl__Http__HealthPort"];
        Assert.Equal(["CMD", "dotnet", "/app/kpl/kpl.dll", "ready", "--tier", $"http://127.0.0.1:{port}"], EcsSilo().Texts("HealthCheck.Command"));
        Assert.Contains("COPY --from=build /out/kpl /app/kpl", Read("deploy/docker/Dockerfile"), StringComparison.Ordinal);
    }

    /// <summary>It was open for everybody without a word, and whoever might put might administer.</summary>
    [Fact]
    public void Ecs_IsOpenOnlyWhereSomebodySaysSo_AndHasAGroupForEachKindOfClient()
    {
        var template = YamlMap.Parse(Read("deploy/aws/ecs.yaml"))[0];
        Assert.False(template.Has("Parameters.Security.Default"));
        Assert.Equal(["open", "closed"], template.Texts("Parameters.Security.AllowedValues"));
        var ingress = template.List("Resources.Group.Properties.SecurityGroupIngress")
            .ToDictionary(static r => r.Text("FromPort")!, static r => r.Text("SourceSecurityGroupId"));
        Assert.Equal(("HttpClients", "GatewayClients", 2), (ingress["8080"], ingress["30000"], ingress.Count));

        var (open, closed) = (EnvironmentOf(EcsSilo(), isClosed: false), EnvironmentOf(EcsSilo(), isClosed: true));
        foreach (var flag in (string[])["Kpl__Cluster__AllowPlaintext", "Kpl__Http__AllowAnonymous"])
            Assert.Equal(("true", "false"), (open[flag], closed[flag]));
        string[] files =
        [
            "Kpl__Cluster__CertificateFile", "Kpl__Cluster__CertificateKeyFile", "Kpl__Cluster__SiloCaCertFile", "Kpl__Http__Identities",
            "Kpl__Http__CertificateFile", "Kpl__Http__CertificateKeyFile",
        ];
        Assert.All(files, f => Assert.Equal(("", true), (open[f], closed[f].StartsWith("/etc/kpl/", StringComparison.Ordinal))));
        Assert.DoesNotContain("*", open["Kpl__Http__Hosts"], StringComparison.Ordinal);
        // Without names, whoever the silos' root has signed is a silo.
        Assert.Contains("SiloNames", closed["Kpl__Cluster__SiloNames"], StringComparison.Ordinal);
        Assert.Contains(
            template.List("Rules.ClosedNeedsFiles.Assertions"), static a => a.Text("AssertDescription")!.Contains("SiloNames", StringComparison.Ordinal));
    }

    /// <summary>ECS takes x86 where nothing is said: a silo whose image was built on ARM did not start.</summary>
    [Fact]
    public void Ecs_IsToldTheImagesProcessor()
    {
        var template = YamlMap.Parse(Read("deploy/aws/ecs.yaml"))[0];
        Assert.Equal("Architecture", template.Text("Resources.Task.Properties.RuntimePlatform.CpuArchitecture"));
        Assert.Equal(["X86_64", "ARM64"], template.Texts("Parameters.Architecture.AllowedValues"));
    }

    /// <summary>As with the chart: what was signed for a tier of another region, with the same key, was not meant for this one.</summary>
    [Fact]
    public void Ecs_WhereClosed_TakesSignaturesForItsRegion()
    {
        const string Name = "Kpl__Front__SignedRegions";
        Assert.Equal(("", "AWS::Region"), (EnvironmentOf(EcsSilo(), isClosed: false)[Name], EnvironmentOf(EcsSilo(), isClosed: true)[Name]));
        Assert.Contains(KinesisFrontConfiguration.All, static s => s.Name == "Front:SignedRegions");
    }

    /// <summary>It was served nowhere: HTTP is at 0.0.0.0. The silos of the compose file share one loopback.</summary>
    [Fact]
    public void Administration_HasAPortOfItsOwn()
    {
        Assert.Equal("8081", EnvironmentOf(EcsSilo())["Kpl__Http__AdminPort"]);
        var compose = YamlMap.Parse(Read("deploy/compose/compose.yaml"))[0];
        var ports = ((string[])["silo-1", "silo-2"]).SelectMany(n => compose.Map($"services.{n}.environment").Pairs)
            .Where(static e => e.Key.EndsWith("Port", StringComparison.Ordinal)).Select(static e => e.Value).ToList();
        Assert.Equal(8, ports.Append("8091").Append("8092").Distinct().Count());
        Assert.Equal(8, ports.Count);
    }

    /// <summary>ECS rounds the most down and the least up. Of two tasks 134 per cent are two: with none fewer, a deployment waited for ever.</summary>
    [Fact]
    public void Ecs_RollsWithTheFewestTasksThatItTakes()
    {
        var template = YamlMap.Parse(Read("deploy/aws/ecs.yaml"))[0];
        var rolls = template.Map("Resources.Service.Properties.DeploymentConfiguration");
        var fewest = template.Number("Parameters.Count.MinValue");
        Assert.InRange(fewest * rolls.Number("MaximumPercent") / 100, fewest + 1, int.MaxValue);
        Assert.Equal(100, rolls.Number("MinimumHealthyPercent"));
        Assert.InRange(template.Number("Parameters.Count.Default"), fewest, int.MaxValue);
    }

    [Fact]
    public void Ecs_HasTheChartsMemoryForRecords()
    {
        var task = YamlMap.Parse(Read("deploy/aws/ecs.yaml"))[0].Map("Resources.Task.Properties");
        Assert.Equal($"{long.Parse(task.Text("Memory")!, null) * 1024 * 1024 / 8}", EnvironmentOf(EcsSilo())["Kpl__MaxOutstandingBytes"]);
    }

    [Fact]
    public void Compose_GivesTheStopItsTimeAndSettingsThatAreTaken()
    {
        var compose = YamlMap.Parse(Read("deploy/compose/compose.yaml"))[0];
        Assert.True(Seconds(compose.Text("x-silo.stop_grace_period")) >= new KplOptions().StopTimeout.TotalSeconds + 10);
        foreach (var name in new[] { "silo-1", "silo-2" })
        {
            var service = compose.Map($"services.{name}");
            var env = compose.Map("x-environment").Pairs.Concat(service.Map("environment").Pairs).DistinctBy(static e => e.Key).ToDictionary();
            AssertTaken(env);
            Assert.Equal(
                ["CMD", "dotnet", "/app/kpl/kpl.dll", "ready", "--tier", $"http://127.0.0.1:{env["Kpl__Http__Port"]}"], service.Texts("healthcheck.test"));
        }
    }

    /// <summary>The local tier's container was killed after ten seconds, and had a root that it may write.</summary>
    [Fact]
    public void Compose_ConfinesItsImagesAlike()
    {
        var compose = YamlMap.Parse(Read("deploy/compose/compose.yaml"))[0];
        string[] parts = ["read_only", "stop_grace_period"];
        Assert.All(parts, p => Assert.Equal(compose.Text($"x-silo.{p}"), compose.Text($"services.kinesis.{p}")));
        string[] lists = ["tmpfs", "cap_drop", "security_opt"];
        Assert.All(lists, p => Assert.Equal(compose.Texts($"x-silo.{p}"), compose.Texts($"services.kinesis.{p}")));
    }

    [Fact]
    public void Systemd_GivesTheStopItsTimeAndStartsNothingAgainThatCannotStart()
    {
        var unit = Read("deploy/systemd/kpl.service");
        Assert.True(Seconds(Line.Match(unit).Groups[1].Value) >= new KplOptions().StopTimeout.TotalSeconds + 10);
        string[] lines =
        [
            "RestartPreventExitStatus=2", "KillMode=mixed", "StateDirectory=kpl",
            "ExecStart=/usr/bin/dotnet /opt/kpl/silo/Orleans.Kpl.Host.dll",
            "NoNewPrivileges=yes", "UMask=0077", "ProtectHostname=yes", "ProtectClock=yes", "ProtectKernelLogs=yes", "RestrictRealtime=yes",
            "RestrictSUIDSGID=yes", "SystemCallFilter=@system-service", "CapabilityBoundingSet=",
        ];
        foreach (var line in lines)
            Assert.Contains($"\n{line}\n", unit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Systemd_TakesTheUnit()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not there");
        using var folder = new TemporaryFolder();
        // It looks for the program, which need not be on this machine.
        var unit = Path.Combine(folder.Path, "kpl.service");
        var text = Read("deploy/systemd/kpl.service").Replace("/usr/bin/dotnet", "/bin/true", StringComparison.Ordinal);
        await File.WriteAllTextAsync(unit, text, TestContext.Current.CancellationToken);
        var analyzed = await ProgramRun.OfAsync("systemd-analyze", ["verify", unit]);
        Assert.Equal((0, ""), (analyzed.ExitCode, analyzed.Error));
    }

    /// <summary>The programs that images start are those that were published into them.</summary>
    [Fact]
    public void Dockerfile_PublishesWhatItStarts()
    {
        var file = Read("deploy/docker/Dockerfile");
        var published = Publish.Matches(file).ToDictionary(static m => m.Groups[2].Value, static m => m.Groups[1].Value);
        Assert.Equal(["kpl", "local", "silo"], published.Keys.Order());
        foreach (Match entry in Entry.Matches(file))
        {
            var (folder, program) = (entry.Groups[1].Value, entry.Groups[2].Value);
            var project = Directory.EnumerateFiles(Path.Combine(Checkout.Root, published[folder]), "*.csproj").Single();
            var assembly = Regex.Match(File.ReadAllText(project), "<AssemblyName>(.+)</AssemblyName>") is { Success: true } named
                ? named.Groups[1].Value
                : Path.GetFileNameWithoutExtension(project);
            Assert.Equal(assembly, program);
        }

        Assert.Equal(3, Entry.Count(file));
        Assert.DoesNotContain("curl", file, StringComparison.Ordinal);
    }

    private static YamlMap EcsSilo() =>
        YamlMap.Parse(Read("deploy/aws/ecs.yaml"))[0].Map("Resources.Task.Properties").List("ContainerDefinitions").Single();

    /// <summary>The variables; what depends on the parameter Security is [Closed, if it is so, else].</summary>
    private static Dictionary<string, string> EnvironmentOf(YamlMap container, bool isClosed = true) =>
        container.List("Environment").ToDictionary(static e => e.Text("Name")!, e => e.Text("Value") ?? e.Texts("Value")[isClosed ? 1 : 2]);

    private static void AssertTaken(IReadOnlyDictionary<string, string> env)
    {
        var settings = env.Where(static e => e.Key.StartsWith("Kpl__", StringComparison.Ordinal))
            .ToDictionary(static e => e.Key["Kpl__".Length..].Replace("__", ":", StringComparison.Ordinal), static e => (string?)Filled(e.Value));
        Assert.NotEmpty(settings);
        Assert.Empty(KplSettings.Read(settings, BacklogHost.ClusterSilo, "Cluster", "DynamoDb", "Http", "Front").Errors);
        Assert.Empty(KplClusterSettings.Read(settings).Errors);
    }

    /// <summary>What CloudFormation puts in is no setting yet.</summary>
    private static string Filled(string text) => text.Replace("AWS::Region", "eu-central-1", StringComparison.Ordinal)
        .Replace("${ClusterId}", "x", StringComparison.Ordinal);

    private static string Read(string file) => File.ReadAllText(Path.Combine(Checkout.Root, file)).ReplaceLineEndings("\n");

    private static int Seconds(string? text) => int.Parse(text!.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture);
}
