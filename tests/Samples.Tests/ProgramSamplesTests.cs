using System.Net;
using System.Text;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Samples.Tests;

/// <summary>Each sample that is a program does over the local endpoint what its page says.</summary>
public sealed class ProgramSamplesTests
{
    [Fact]
    public async Task Console_PutsEachLineOfAFile()
    {
        await using var kinesis = await StartAsync("events");
        using var folder = new TemporaryFolder();
        var file = folder.Write("lines.txt", string.Join('\n', Enumerable.Range(0, 1_000).Select(static n => $"line {n}")));
        await using var program = SampleProgram.Start("Console", kinesis, ["events", "us-east-1", file]);
        var (code, output, log) = await program.ExitAsync();

        Assert.True(code == 0, string.Join('\n', log));
        Assert.Equal(["delivered 1000, failed 0"], output);
        Assert.Equal(
            Enumerable.Range(0, 1_000).Select(static n => $"line {n}").Order(StringComparer.Ordinal),
            kinesis.GetDelivered("events").Select(static r => r.Text).Order(StringComparer.Ordinal));
    }

    /// <summary>It ended at once, and nothing told what had become of the records.</summary>
    [PosixFact]
    public async Task Console_ThatIsAskedToStop_ReadsNoMore_AndTellsWhatItDelivered()
    {
        await using var kinesis = await StartAsync("events");
        using var folder = new TemporaryFolder();
        var pipe = Path.Combine(folder.Path, "lines");
        using (var make = System.Diagnostics.Process.Start("mkfifo", [pipe]))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        await using var program = SampleProgram.Start("Console", kinesis, ["events", "us-east-1", pipe]);
        await using (var lines = await Task.Run(() => new StreamWriter(pipe)).WaitAsync(Waiting.Long))
        {
            await lines.WriteAsync("one\ntwo\n");
            await lines.FlushAsync(TestContext.Current.CancellationToken);
            await Waiting.UntilAsync(() => kinesis.GetDelivered("events").Count == 2);
            program.Signal(Signals.Terminate);
            await program.LogAsync("stopping");
            await lines.WriteAsync("three\n");
        }

        var (code, output, log) = await program.ExitAsync();
        Assert.True(code == 1, string.Join('\n', log));
        Assert.Equal(["delivered 2, failed 0"], output);
        Assert.Equal(["one", "two"], kinesis.GetDelivered("events").Select(static r => r.Text).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Console_WithoutItsArguments_SaysHowItIsUsed()
    {
        await using var kinesis = await StartAsync("events");
        await using var program = SampleProgram.Start("Console", kinesis, []);
        var (code, _, log) = await program.ExitAsync();
        Assert.Equal((2, "usage: PROGRAM STREAM REGION FILE"), (code, log[0]));
    }

    [Fact]
    public async Task FSharp_PrintsThePlaceOfEachRecord()
    {
        await using var kinesis = await StartAsync("events");
        await using var program = SampleProgram.Start("FSharp", kinesis, ["events", "us-east-1"]);
        var (code, output, log) = await program.ExitAsync();
        Assert.True(code == 0, string.Join('\n', log));
        Assert.Equal(kinesis.GetDelivered("events").Select(static r => $"{r.ShardId} {r.SequenceNumber}").Order(), output.Order());
        Assert.Equal(3, output.Count);
    }

    [PosixFact]
    public async Task MinimalApi_PutsOrders_AndTakesRecordsOverHttp_UntilItIsAskedToStop()
    {
        await using var kinesis = await StartAsync("orders");
        await using var program = SampleProgram.Start(
            "MinimalApi", kinesis, ["--urls", "http://127.0.0.1:0"], ("Kpl__Kinesis__Region", "us-east-1"), ("Kpl__Http__DrainDelay", "0s"),
            ("OrderTimeToLive", "0:01:00"));
        const string listening = "Now listening on: ";
        var line = await program.Output.SeenAsync(static l => l.Contains(listening, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        using HttpClient http = new() { BaseAddress = new Uri(line[(line.IndexOf(listening, StringComparison.Ordinal) + listening.Length)..]) };

        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, "/orders", """{"customer":"c-1","item":"tea","pieces":2}"""));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(http, "/orders", """{"item":"tea","pieces":2}"""));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, "/streams/orders/records", """[{"partition_key":"c-2","payload":{"item":"milk"}}]"""));
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(http, "/streams/others/records", """[{"partition_key":"c-2","payload":1}]"""));
        foreach (var path in (string[])["/health/ready", "/healthz"])
        {
            using var answer = await http.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        // Not 503, which says of the same app's /streams/orders/records that nothing was taken.
        kinesis.Faults.Add(new ErrorFault { Operation = "PutRecords", Type = "ValidationException", Count = 1 });
        Assert.Equal(HttpStatusCode.BadGateway, await PostAsync(http, "/orders", """{"customer":"c-3","item":"tea","pieces":2}"""));

        program.Signal(Signals.Terminate);
        Assert.Equal(0, (await program.ExitAsync()).Code);
        Assert.Equal(["c-1", "c-2"], kinesis.GetDelivered("orders").Select(static r => r.PartitionKey).Order());
    }

    [PosixFact]
    public async Task Worker_PutsMeasurements_AndDrainsAsItsHostStops()
    {
        await using var kinesis = await StartAsync("measurements");
        await using var program = SampleProgram.Start("Worker", kinesis, [], ("Kpl__Kinesis__Region", "us-east-1"));
        await kinesis.WaitForDeliveredAsync("measurements", 1, TestContext.Current.CancellationToken);
        program.Signal(Signals.Terminate);
        var (code, output, _) = await program.ExitAsync();
        Assert.Equal(0, code);
        Assert.Single(output, l => l.Contains(
            $"Kinesis is {kinesis.Url}; AWS's environment is heeded: AWS_ENDPOINT_URL_KINESIS. ", StringComparison.Ordinal));
        Assert.All(kinesis.GetDelivered("measurements"), static r => Assert.Equal(Environment.MachineName, r.PartitionKey));
    }

    [Fact]
    public async Task Grain_PutsThroughTheSilo()
    {
        Assert.SkipUnless(SampleProgram.IsBuilt("Grain"), "the half that needs Orleans was not built");
        await using var kinesis = await StartAsync("scores");
        using HeldPort silo = new(), gateway = new();
        await using var program = SampleProgram.Start(
            "Grain", kinesis, ["--urls", "http://127.0.0.1:0", $"--Ports:Silo={silo.Number}", $"--Ports:Gateway={gateway.Number}"],
            ("Kpl__Kinesis__Region", "us-east-1"), ("Logging__LogLevel__Default", "Warning"));
        var (code, output, log) = await program.ExitAsync();
        Assert.True(code == 0, string.Join('\n', log.Concat(output)));
        var delivered = kinesis.GetDelivered("scores");
        Assert.Equal(["player-1 10", "player-2 20", "player-3 30"], delivered.Select(static r => $"{r.PartitionKey} {r.Text}").Order());
        Assert.All(delivered, r => Assert.Contains($"{r.ShardId} {r.SequenceNumber}", output));
    }

    [PosixFact]
    public async Task Bridge_TakesEventsOfOrleansStreamsToKinesis_InTheOrderOfEachKey()
    {
        Assert.SkipUnless(SampleProgram.IsBuilt("Bridge"), "the half that needs Orleans was not built");
        await using var kinesis = await StartAsync("orders");
        using HeldPort silo = new(), gateway = new();
        await using var program = SampleProgram.Start(
            "Bridge", kinesis, ["--urls", "http://127.0.0.1:0", $"--Ports:Silo={silo.Number}", $"--Ports:Gateway={gateway.Number}"],
            ("Kpl__Kinesis__Region", "us-east-1"), ("Logging__LogLevel__Default", "Warning"));
        await program.Output.SeenAsync(static l => l == "placed 6 orders", TestContext.Current.CancellationToken);
        await kinesis.WaitForDeliveredAsync("orders", 6, TestContext.Current.CancellationToken);
        program.Signal(Signals.Terminate);
        var (code, output, log) = await program.ExitAsync();
        Assert.True(code == 0, string.Join('\n', log.Concat(output)));

        // In the bytes of Orleans' own serializer a text stands as it is.
        var records = kinesis.GetDelivered("orders").Select(static r => (r.PartitionKey, Text: Encoding.Latin1.GetString(r.Data.Span)))
            .ToLookup(static r => r.PartitionKey);
        Assert.Equal(["customer-1", "customer-2"], records.Select(static r => r.Key).Order());
        foreach (var customer in records)
        {
            Assert.Equal(
                ["tea", "milk", "sugar"],
                customer.Select(static r => Assert.Single((string[])["tea", "milk", "sugar"], item => r.Text.Contains(item, StringComparison.Ordinal))));
        }
    }

    private static async Task<Testing.LocalKinesis> StartAsync(string stream)
    {
        var kinesis = await Testing.LocalKinesis.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await kinesis.CreateStreamAsync(stream, shards: 2);
        return kinesis;
    }

    private static async Task<HttpStatusCode> PostAsync(HttpClient http, string path, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(path, content, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
