using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Cli.Tests.Put;

/// <remarks>Tests <see cref="Cli.Put.PutRun"/>.</remarks>
public sealed class PutEmbeddedTests
{
    /// <summary>Random keys mean nothing: their records are given hash keys, so that narrow shards get as much as wide ones.</summary>
    [Fact]
    public async Task Put_ToAnEndpoint_RoutesRandomKeysEvenly()
    {
        await using var endpoint = await Endpoint.StartAsync();
        var input = new OpenInput();
        var putting = CliRun.RunAsync(input.Stream, ["put", "--endpoint", endpoint.Url]);

        // What is put before the map is known goes by its keys.
        await Testing.Waiting.UntilAsync(async () =>
        {
            await input.WriteAsync("a\nb\nc\nd\ne\nf\n");
            return HasGivenHashKeys(endpoint);
        });

        input.Close();
        Assert.Equal(0, (await putting).ExitCode);
    }

    [Fact]
    public async Task Put_ToAnEndpoint_LeavesAKeyThatWasNamed()
    {
        await using var endpoint = await Endpoint.StartAsync();
        Assert.Equal(0, (await endpoint.PutAsync(string.Join('\n', Enumerable.Range(0, 20_000)), "--key", "one")).ExitCode);
        Assert.False(HasGivenHashKeys(endpoint));
    }

    [Fact]
    public async Task Put_FromAFile_WithAKeyField_UsesTheField()
    {
        await using var endpoint = await Endpoint.StartAsync();
        using var folder = new TemporaryFolder();
        folder.Write("in.ndjson", "{\"id\":\"a\"}\n{\"id\":2}\n{\"x\":\"" + new string('x', 300) + "\"}\n");

        var run = await CliRun.RunAsync(
            Stream.Null, ["put", "in.ndjson", "--endpoint", endpoint.Url, "--format", "ndjson", "--key-field", "id"], directory: folder.Path);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal([("2", "{\"id\":2}"), ("a", "{\"id\":\"a\"}")], endpoint.Applied().Order());
    }

    [Fact]
    public async Task Put_WhenARecordIsTooLarge_FailsItAlone()
    {
        await using var endpoint = await Endpoint.StartAsync();
        var run = await endpoint.PutAsync($"a\n{new string('x', 2 << 20)}\n{new string('y', 11 << 20)}\nb\n", "--json");
        Assert.Equal((1, 2, 2), (run.ExitCode, run.LastJson.GetProperty("delivered").GetInt32(), run.LastJson.GetProperty("failed").GetInt32()));
        Assert.Equal(["a", "b"], endpoint.Applied().Select(record => record.Data).Order());
    }

    [Fact]
    public async Task Put_TakesItsSettingsFromFileAndEnvironment()
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        using var folder = new TemporaryFolder();
        folder.Write("appsettings.json", """{"Logging":{"x":1},"Kpl":{"AggregationEnabled":true,"Http":{"Port":1}}}""");

        var run = await CliRun.RunAsync(
            new MemoryStream("a\nb\nc"u8.ToArray()), ["put", "--endpoint", endpoint.Url], new() { ["Kpl__AggregationEnabled"] = "false" }, folder.Path);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(3, endpoint.Kinesis.GetApplied(Endpoint.Stream).Count());
    }

    [Theory]
    [InlineData("PutRecord")]
    [InlineData("PutRecords")]
    public async Task Put_WhenTheStreamIsOrdered_KeepsTheOrderOfTheLines(string mode)
    {
        await using var endpoint = await Endpoint.StartAsync(2);
        var lines = Enumerable.Range(0, 20_000).Select(static i => $"line {i}").ToList();
        using var folder = new TemporaryFolder();
        folder.Write("appsettings.json", $$"""{"Kpl":{"Streams":{ "{{Endpoint.Stream}}":{"Ordered":"{{mode}}" } } } }""");

        var run = await CliRun.RunAsync(
            new MemoryStream(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines))), ["put", "--endpoint", endpoint.Url, "--key", "one"],
            directory: folder.Path);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(lines, endpoint.Applied().Select(record => record.Data));
    }

    /// <summary>Records that were in memory were told as delivered, and the command ended with 0.</summary>
    [Theory]
    [InlineData("Kpl__AckLevel")]
    [InlineData($"Kpl__Streams__{Endpoint.Stream}__AckLevel")]
    public async Task Put_WhereTheSettingsSayAccepted_TellsWhatKinesisHas(string setting)
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        foreach (var operation in (string[])["PutRecords", "PutRecord"])
            endpoint.Kinesis.Faults.Add(new ErrorFault { Operation = operation });
        var run = await CliRun.RunAsync(
            new MemoryStream("a\nb\nc"u8.ToArray()), ["put", "--endpoint", endpoint.Url], new() { [setting] = "Accepted", ["Kpl__MaxAttempts"] = "1" });
        run.AssertError(1, "3 records: 0 delivered, 3 failed");
    }

    [Fact]
    public async Task Put_WithAckPersisted_WithoutABacklog_SaysWhatIsMissing()
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        using var folder = new TemporaryFolder();
        var run = await CliRun.RunAsync(
            new MemoryStream("a"u8.ToArray()), ["put", "--endpoint", endpoint.Url, "--ack", "persisted"], [], folder.Path);
        run.AssertError(2, "Kpl:Backlog:Directory names a folder for it");
    }

    /// <summary>The backlog is there for an outage: the stream cannot be asked for then, and the records must be taken all the same.</summary>
    [Fact]
    public async Task Put_WithAckPersisted_WhileKinesisIsAway_TakesEveryLine()
    {
        using var dead = new DeadEndpoint();
        using var folder = new TemporaryFolder();
        Dictionary<string, string> environment = new() { ["Kpl__Backlog__Directory"] = folder.Path };
        var run = await CliRun.RunAsync(
            new MemoryStream("a\nb\nc"u8.ToArray()), ["put", "--endpoint", dead.Url.AbsoluteUri, "--ack", "persisted"], environment, folder.Path);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("3 records: 0 delivered, 3 in the backlog, to be delivered from there, 0 failed", run.Error, StringComparison.Ordinal);
        Assert.Contains("is not reachable: ", run.Error, StringComparison.Ordinal);
        Assert.Contains($"Records go to the backlog in {folder.Path}; the next producer with this folder delivers what is left there", run.Error, StringComparison.Ordinal);

        await using var endpoint = await Endpoint.StartAsync(1);
        await using var next = KplProducer.Create(
            new KplOptions { Kinesis = { EndpointUrl = new Uri(endpoint.Url) }, Backlog = { Directory = folder.Path } });
        await Waiting.UntilAsync(() => endpoint.Applied().Count() == 3);
        Assert.Equal(["a", "b", "c"], endpoint.Applied().Select(static r => r.Data).Order());
    }

    [Theory]
    [InlineData("""{"Kpl":{"RecordTtl":"soon","AggregationMaxSiz":1}}""", "RecordTtl", "AggregationMaxSize")]
    [InlineData("{", "appsettings.json")]
    public async Task Put_WhenSettingsAreBad_TellsAllErrors(string settings, params string[] told)
    {
        using var folder = new TemporaryFolder();
        folder.Write("appsettings.json", settings);
        var run = await CliRun.RunAsync(new MemoryStream(), ["put", "--endpoint", "http://127.0.0.1:1"], directory: folder.Path);
        run.AssertError(2, told);
    }

    /// <summary>In a folder where all may write, such as /tmp, another user's file would say where records and keys go.</summary>
    [PosixFact]
    public async Task Put_WhereEveryUserMayHaveWrittenTheSettings_ReadsThemNot()
    {
        using var folder = new TemporaryFolder();
        folder.Write("appsettings.json", "{}");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder.Path, (UnixFileMode)0x3FF); // 1777
        var run = await CliRun.RunAsync(new MemoryStream(), ["put", "--endpoint", "http://127.0.0.1:1"], directory: folder.Path);
        run.AssertError(2, "every user of this machine may put files into");
    }

    [Fact]
    public async Task Put_WhenTheStreamDoesNotExist_SaysSo()
    {
        await using var endpoint = await Endpoint.StartAsync();
        (await endpoint.PutAsync("a", "--stream", "nope")).AssertOneLine(3, "stream 'nope' does not exist");
    }

    [Fact]
    public async Task Put_WhenNobodyListens_SaysSo() =>
        (await CliRun.RunAsync("a", ["put", "--endpoint", "http://127.0.0.1:1"])).AssertOneLine(3, "is not reachable");

    private static bool HasGivenHashKeys(Endpoint endpoint)
    {
        foreach (var record in endpoint.Kinesis.GetApplied(Endpoint.Stream))
        {
            // One that is alone is no aggregate.
            if (!AggregateReader.TryOpen(record.Data, out var members, out _))
                continue;
            while (members.MoveNext())
            {
                if (members.Current.ExplicitHashKey is not null)
                    return true;
            }
        }

        return false;
    }
}
