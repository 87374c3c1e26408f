using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Orleans.Kpl.Local.Tests;

public sealed class LocalStartTests
{
    private const string Event = """{"partition_key":"k","payload":1}""";

    [Fact]
    public async Task Start_MakesTheDefaultStreamBeforeReady()
    {
        await using var tier = await LocalProcess.StartReadyAsync();

        var summary = (await tier.CallKinesisAsync("DescribeStreamSummary", """{"StreamName":"events"}""")).GetProperty("StreamDescriptionSummary");
        Assert.Equal("ACTIVE", summary.GetProperty("StreamStatus").GetString());
        Assert.Equal(4, summary.GetProperty("OpenShardCount").GetInt32());

        var (status, text) = await tier.PostAsync("/events/confirmed", Event);
        Assert.Equal(200, status);
        Assert.StartsWith("shardId-", JsonDocument.Parse(text).RootElement.GetProperty("shard_id").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithStreams_MakesAllAndTakesTheFirstForEvents()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "orders=2", "--stream=clicks", "--kinesis-tls-port", "0", "--limit-model",
            "window:500");

        var streams = (await tier.CallKinesisAsync("ListStreams", "{}")).GetProperty("StreamNames").EnumerateArray().Select(s => s.GetString());
        Assert.Equal(["clicks", "orders"], streams.Order());
        Assert.Equal(2, await OpenShardsAsync(tier, "orders"));
        Assert.Equal(4, await OpenShardsAsync(tier, "clicks"));
        Assert.Contains(" kinesis_tls=https://127.0.0.1:", tier.ReadyLine, StringComparison.Ordinal);

        Assert.Equal(200, (await tier.PostAsync("/events/confirmed", Event)).Status);
        Assert.Equal(200, (await tier.PostAsync("/streams/clicks/records", $"[{Event}]")).Status);
        var (status, text) = await tier.PostAsync("/streams/events/records", $"[{Event}]");
        Assert.Equal(404, status);
        Assert.Contains("\"error_code\":\"ResourceNotFoundException\"", text, StringComparison.Ordinal);
    }

    /// <summary>As where the disk is full that it goes to: the line of addresses ended the process with a stack trace.</summary>
    [PosixFact]
    public async Task Start_WhereStandardOutputCannotBeWritten_SaysSoAndServes()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        await using var tier = ServerProcess.Start(
            "/bin/sh", ["-c", "exec \"$0\" \"$@\" > /dev/full", LocalProcess.Program, "--http-port", "0", "--kinesis-port", "0"]);
        await tier.LogAsync("Standard output cannot be written: No space left on device");
        tier.Signal(Signals.Terminate);
        Assert.Equal(0, (await tier.ExitAsync()).Code);
    }

    [Fact]
    public async Task Start_WhenTheCertificateCannotBeUsed_SaysSoAndEnds()
    {
        var file = Path.GetTempFileName();
        try
        {
            await using var tier = LocalProcess.Start(
                ["--http-port", "0", "--kinesis-port", "0", "--kinesis-tls-port", "0", "--kinesis-tls-certificate", file]);
            var log = await tier.RefusedAsync();
            Assert.Contains(log, line => line.Contains($"TlsCertificateFile {file} must be PEM with a certificate and its key", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Start_WhenSignaturesAreChecked_SignsWithThatKey()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--kinesis-check-signatures", "AKIDEXAMPLE:se:cret");
        Assert.Equal(200, (await tier.PostAsync("/events/confirmed", Event)).Status);
        Assert.Contains("MissingAuthenticationToken", (await tier.CallKinesisAsync("ListStreams", "{}")).GetProperty("__type")
            .GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenAwsIsSetUpInTheEnvironment_AsksNothingOfIt()
    {
        await using var tier = LocalProcess.Start(
            ["--http-port", "0", "--kinesis-port", "0", "--Kpl:RoleArn=arn:aws:iam::111122223333:role/all",
                "--Kpl:Streams:events:RoleArn=arn:aws:iam::111122223333:role/one"],
            null, ("AWS_ACCESS_KEY_ID", "real"), ("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"));
        await tier.ReadyAsync();
        var (status, _) = await tier.PostAsync("/events/confirmed", Event);
        Assert.Equal(200, status);
    }

    [Fact]
    public async Task Start_WhenPortsAreTaken_NamesBothAndExits2()
    {
        using var http = new TcpListener(IPAddress.Loopback, 0);
        using var kinesis = new TcpListener(IPAddress.Loopback, 0);
        http.Start();
        kinesis.Start();
        string[] ports = [$"{((IPEndPoint)http.LocalEndpoint).Port}", $"{((IPEndPoint)kinesis.LocalEndpoint).Port}"];

        await using var both = LocalProcess.Start(["--http-port", ports[0], "--kinesis-port", ports[1]]);
        var errors = await both.RefusedAsync();
        Assert.Equal([Taken("HTTP", ports[0], "--http-port"), Taken("The local Kinesis endpoint", ports[1], "--kinesis-port")], errors);

        await using var one = LocalProcess.Start(["--http-port", "0", "--Kpl:Http:AdminPort", ports[0], "--kinesis-port", "0", "--kinesis-tls-port", ports[1]]);
        errors = await one.RefusedAsync();
        Assert.Equal(
            [Taken("Administration", ports[0], "--Kpl:Http:AdminPort"), Taken("The local Kinesis endpoint with TLS", ports[1], "--kinesis-tls-port")], errors);

        // Where only the port of HTTP was taken, the server's own stack trace came first.
        await using var ofHttp = LocalProcess.Start(["--http-port", ports[0], "--kinesis-port", "0"]);
        Assert.Equal([Taken("HTTP", ports[0], "--http-port")], await ofHttp.RefusedAsync());
    }

    [Fact]
    public async Task Start_WhenTwoServersHaveOnePort_NamesBothArguments()
    {
        await using var tier = LocalProcess.Start(["--http-port", "4567"]);
        var (code, _, errors) = await tier.ExitAsync();
        Assert.Equal(2, code);
        Assert.Equal(["--http-port and --kinesis-port have the same port, 4567: each needs one of its own"], errors);
    }

    /// <summary>The console's own default form has no time, and two lines for each message.</summary>
    [Fact]
    public async Task Log_HasALineForEachMessage_WithItsTime()
    {
        await using var tier = await LocalProcess.StartReadyAsync();
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: \S+ Check at start passed: ", await tier.LogAsync("Check at start passed"));
    }

    [Fact]
    public async Task Start_WhenSettingsAreWrong_NamesEveryOneAndExits2()
    {
        using var directory = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "appsettings.json"), """{"Kpl":{"Streams":{"events":{"RateLimit":"fast"}}}}""", TestContext.Current.CancellationToken);
        await using var tier = LocalProcess.Start(
            ["--http-port", "x", "--stream", "events=0", "--data", "appsettings.json", "--prot", "1", "--Kpl:RecordTl=5s"],
            directory.Path, ("Kpl__Http__Prt", "1"), ("Kpl__DrainTimeout", "soon"));

        var errors = await tier.RefusedAsync();
        string[] parts =
        [
            "--http-port is 'x'", "--stream is 'events=0'", "Kpl:Backlog:Directory is 'appsettings.json': it cannot be written to", "--prot is not known", "the nearest is Kpl:RecordTtl",
            "the nearest is Kpl:Http:Port", "Kpl:DrainTimeout is 'soon'", "Kpl:Streams:events:RateLimit is 'fast'",
        ];
        Assert.All(parts, part => Assert.Contains(errors, e => e.Contains(part, StringComparison.Ordinal)));
        Assert.Equal(parts.Length, errors.Count);
    }

    [Fact]
    public async Task Start_WhenAFileIsNoJson_SaysSoAndExits2()
    {
        using var directory = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "appsettings.json"), "{\n", TestContext.Current.CancellationToken);
        await using var tier = LocalProcess.Start(["--kinesis-port", "y"], directory.Path);
        var errors = await tier.RefusedAsync();
        Assert.Contains(errors, e => e.Contains("--kinesis-port is 'y'", StringComparison.Ordinal));
        Assert.Contains("appsettings.json: it is not JSON at line 2, byte 1: an object or array is not closed", errors);
    }

    [Fact]
    public async Task Help_NamesEveryArgument()
    {
        await using var tier = LocalProcess.Start(["--help"]);
        var (code, output, errors) = await tier.ExitAsync();
        Assert.Equal(0, code);
        Assert.Empty(errors);
        string[] arguments = ["--http-port", "--kinesis-port", "--kinesis-tls-port", "--kinesis-check-signatures", "--stream", "--kinesis-endpoint",
            "--create-streams", "--limit-model", "--data"];
        Assert.All(arguments, a => Assert.Contains(output, l => l.TrimStart().StartsWith(a, StringComparison.Ordinal)));
        Assert.DoesNotContain(output, l => l.StartsWith("ready", StringComparison.Ordinal));
    }

    private static string Taken(string who, string port, string option) =>
        $"{who} cannot listen on 127.0.0.1:{port}: the port is taken, perhaps by a tier that runs or still drains; {option} names another, and 0 takes a free one";

    private static async Task<int> OpenShardsAsync(LocalProcess tier, string stream)
    {
        var answer = await tier.CallKinesisAsync("DescribeStreamSummary", $$"""{"StreamName":"{{stream}}"}""");
        return answer.GetProperty("StreamDescriptionSummary").GetProperty("OpenShardCount").GetInt32();
    }
}
