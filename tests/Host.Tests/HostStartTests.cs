using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Host.Tests;

/// <remarks>Tests <see cref="RunningSilo"/>.</remarks>
public sealed class HostStartTests
{
    private const string Event = """{"partition_key":"k","payload":1}""";

    [Fact]
    public async Task Start_OnFreePorts_ServesHttpAndSaysWhereEverythingIs()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0 });
        await kinesis.Kinesis.CreateStreamAsync("events", 2);
        await using var silo = await SiloProcess.StartReadyAsync($"--Kpl:Kinesis:EndpointUrl={kinesis.Url}", "--Kpl:RequestTimeout=1m");

        Assert.Equal((IPAddress.Loopback, IPAddress.Loopback), (silo.Silo.Address, silo.Gateway.Address));
        foreach (var endpoint in (IPEndPoint[])[silo.Silo, silo.Gateway])
        {
            using var connection = new TcpClient();
            await connection.ConnectAsync(endpoint, TestContext.Current.CancellationToken);
        }
        Assert.Equal(200, (await silo.PostAsync("/events/confirmed", Event)).Status);
        Assert.Equal((200, """{"ok":true}"""), await silo.GetAsync("/health/ready"));
        Assert.Equal((200, $$"""{"endpoint":"{{kinesis.Url}}","region":"us-east-1"}"""), await silo.GetAsync("/admin/kinesis"));
        Assert.Single(kinesis.Kinesis.GetApplied("events"));
    }

    /// <summary>A test environment that names its endpoint as for AWS's SDKs must not write to the real stream.</summary>
    [Fact]
    public async Task Start_WhenTheEnvironmentNamesTheEndpoint_SendsThere_AndSaysSoOnce()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0 });
        await kinesis.Kinesis.CreateStreamAsync("events", 2);
        await using var silo = SiloProcess.Start(
            ["--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", "--Kpl:RequestTimeout=1m"], null,
            ("AWS_ENDPOINT_URL_KINESIS", kinesis.Url.AbsoluteUri));
        await silo.ReadyAsync();

        Assert.Equal(200, (await silo.PostAsync("/events/confirmed", Event)).Status);
        Assert.Single(kinesis.Kinesis.GetApplied("events"));
        await silo.DisposeAsync();
        Assert.Single(await silo.Log.AllAsync(), l => l.Contains($"Kinesis is {kinesis.Url}; AWS's environment is heeded: AWS_ENDPOINT_URL_KINESIS. ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_WhenKinesisIsDead_IsReadyAndAliveAllTheSame()
    {
        using var dead = new DeadEndpoint();
        await using var silo = await SiloProcess.StartReadyAsync($"--Kpl:Kinesis:EndpointUrl={dead.Url}");
        Assert.Equal((200, """{"ok":true}"""), await silo.GetAsync("/health/live"));
        // The check of the start found nobody there, and health says so before any record comes.
        await Waiting.UntilAsync(async () => await silo.GetAsync("/health/ready") == (200, """{"ok":true,"degraded":true}"""));
        var (status, health) = await silo.GetAsync("/health");
        Assert.Equal(200, status);
        Assert.StartsWith("""{"ok":false,"outstanding_records":0,"backlog_records":0,"degraded":true,"degraded_since":""", health, StringComparison.Ordinal);
        Assert.Contains("\"degraded_code\":\"ConnectionFailed\"", health, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"KinesisAway\"", health, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenAllPortsAreTaken_NamesEachAndExits2()
    {
        using var http = Listen();
        using var silo = Listen();
        using var gateway = Listen();
        string[] ports = [Port(http), Port(silo), Port(gateway)];

        await using var process = SiloProcess.Start(
            [$"--Kpl:Http:Port={ports[0]}", $"--Kpl:Cluster:SiloPort={ports[1]}", $"--Kpl:Cluster:GatewayPort={ports[2]}", "--Kpl:Kinesis:EndpointUrl=http://127.0.0.1:9"]);
        var errors = await process.RefusedAsync();
        Assert.Equal(["HTTP", "The silo", "The gateway"], errors.Select(e => e[..e.IndexOf(" cannot listen on ", StringComparison.Ordinal)]));
        Assert.All(ports.Zip(errors), p => Assert.Contains($"127.0.0.1:{p.First}:", p.Second, StringComparison.Ordinal));
    }

    [PosixFact]
    public async Task Start_WhereEveryUserMayWriteTheFileOfSettings_RefusesAndExits2()
    {
        using var directory = new TemporaryFolder();
        var file = Path.Combine(directory.Path, "appsettings.json");
        await File.WriteAllTextAsync(file, """{"Kpl":{"Cluster":{"GatewayPort":"x"}}}""", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, (UnixFileMode)0x1B6); // 0666
        await using var process = SiloProcess.Start([], directory.Path);
        var errors = await process.RefusedAsync();
        Assert.Equal($"'{file}' is not read: every user of this machine may write it. Let its mode be 0644 or 0600", Assert.Single(errors));
    }

    [Fact]
    public async Task Start_WhenNoRegionIsKnown_NamesBothSettings()
    {
        await using var process = SiloProcess.Start(
            ["--Kpl:Cluster:Membership=dynamodb", "--Kpl:Cluster:AllowPlaintext=true"], null,
            ("AWS_CONFIG_FILE", Path.Combine(AppContext.BaseDirectory, "none")), ("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(AppContext.BaseDirectory, "none")));
        var errors = await process.RefusedAsync();
        Assert.Equal(["Kpl:Kinesis:Region", "Kpl:DynamoDb:Region"], errors.Select(e => e[..e.IndexOf(": is not set", StringComparison.Ordinal)]));
    }

    /// <summary>It ended with 2, which stands for what is wrong: systemd called a unit failed that was told to stop.</summary>
    [PosixFact]
    public async Task Start_WhileTheTableOfMembersCannotBeReached_SaysSoAndStopsWhenAsked()
    {
        using var dead = new DeadEndpoint();
        await using var process = StartWithoutTable(dead);
        await process.LogAsync("has not joined its cluster yet");
        process.Signal(Signals.Terminate);
        var errors = await process.RefusedAsync(0);
        Assert.Equal("Stopped before the silo was ready", errors[^1]);
        Assert.DoesNotContain(errors, static e => e.TrimStart().StartsWith("at ", StringComparison.Ordinal));
        var told = Assert.Single(errors, static e => e.Contains("the silo cannot join before that works", StringComparison.Ordinal));
        Assert.Contains($"table kpl-silos of DynamoDB at {dead.Url} in region us-east-1: Connection refused", told, StringComparison.Ordinal);
    }

    /// <summary>
    /// The table of members is waited for for two minutes; where silos create no tables, all are looked for first, five times. With 2, which stands for what
    /// is wrong, systemd never started the silo again.
    /// </summary>
    [Theory]
    [InlineData("true", "table kpl-silos of DynamoDB at {0} in region ")]
    [InlineData("false", "The cluster's tables cannot be looked for: table kpl-silos: ")]
    [Trait("Category", "Long")]
    public async Task Start_WhenItsTablesStayAway_SaysSoAndExits3(string mayCreate, string told)
    {
        using var dead = new DeadEndpoint();
        await using var process = StartWithoutTable(dead, $"--Kpl:DynamoDb:CreateTables={mayCreate}");
        var errors = await process.RefusedAsync(3);
        told = told.Replace("{0}", $"{dead.Url}", StringComparison.Ordinal);
        Assert.StartsWith($"The silo could not start: {told}", errors[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_NamesTheSectionsOfSettings()
    {
        await using var process = SiloProcess.Start(["--help"]);
        var (code, output, errors) = await process.ExitAsync();
        Assert.Equal(0, code);
        Assert.Empty(errors);
        string[] parts = ["--Kpl:Cluster:Membership=", "--Kpl:Cluster:SiloPort=", "--Kpl:DynamoDb:ServiceUrl=", "--Kpl:Kinesis:EndpointUrl=",
            "--Kpl:Http:Port="];
        Assert.All(parts, part => Assert.Contains(output, l => l.TrimStart().StartsWith(part, StringComparison.Ordinal)));
        Assert.DoesNotContain(output, l => l.StartsWith("ready", StringComparison.Ordinal));
    }

    private static SiloProcess StartWithoutTable(DeadEndpoint table, params string[] more) => SiloProcess.Start(
        [
            "--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", "--Kpl:Cluster:AdvertisedAddress=127.0.0.1",
            "--Kpl:Cluster:Membership=dynamodb", $"--Kpl:DynamoDb:ServiceUrl={table.Url}", "--Kpl:Kinesis:EndpointUrl=http://127.0.0.1:9",
            .. more,
        ]);

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static string Port(TcpListener listener) => $"{((IPEndPoint)listener.LocalEndpoint).Port}";
}
