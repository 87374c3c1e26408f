using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Glue.Tests.Wire;

namespace Orleans.Kpl.Cli.Tests.Schemas;

/// <summary>What <c>kpl tail</c> and <c>kpl inspect</c> make of records with the header of AWS Glue's schema registry.</summary>
public sealed class FramedRecordTests
{
    private static readonly Guid Id = Guid.Parse("7f1bd9a4-3c5e-4b8d-9a56-0c2f4d1e8b77");

    private static readonly Dictionary<string, string> Keys = new()
    {
        ["Kpl__Kinesis__AccessKeyId"] = "AKID", ["Kpl__Kinesis__SecretAccessKey"] = "secret", ["Kpl__Kinesis__Region"] = "eu-west-1",
    };

    [Fact]
    public async Task Tail_OfFramedRecords_WritesTheirData_AndNamesTheSchema()
    {
        await using var endpoint = await PutAsync(Frame("plain"), Frame("compressed", isCompressed: true), "without"u8.ToArray());
        await using var glue = Glue();
        var run = await TailAsync(endpoint, glue);
        Assert.Equal(["compressed", "plain", "without"], run.Lines.Order(StringComparer.Ordinal));
        Assert.Contains($"schema version {Id} is version 3 of 'orders' (AVRO)", run.Error, StringComparison.Ordinal);
        Assert.Equal(["GetSchemaVersion"], glue.Operations);
    }

    [Fact]
    public async Task TailWithJson_OfAFramedRecord_HasItsDataAsItIs_AndWhatIsInside()
    {
        var frame = Frame("text", isCompressed: true);
        await using var endpoint = await PutAsync(frame);
        await using var glue = Glue();
        var record = (await TailAsync(endpoint, glue, "--json")).LastJson;
        Assert.Equal(frame, record.GetProperty("data").GetBytesFromBase64());
        Assert.Equal("text"u8.ToArray(), record.GetProperty("payload").GetBytesFromBase64());
        Assert.Equal((Id, "orders"), (record.GetProperty("schema_version_id").GetGuid(), record.GetProperty("schema_name").GetString()));
    }

    [Fact]
    public async Task TailWithRaw_WritesTheBytesAsTheyAre()
    {
        await using var endpoint = await PutAsync(Frame("text"));
        var run = await CliRun.RunAsync(["tail", "--endpoint", endpoint.Url, "--raw"]);
        Assert.Equal([.. Frame("text"), (byte)'\n'], run.Output);
    }

    [Fact]
    public async Task Tail_WithoutARegistry_TellsTheIdAlone()
    {
        await using var endpoint = await PutAsync(Frame("text"));
        var run = await CliRun.RunAsync(["tail", "--endpoint", endpoint.Url]);
        Assert.Equal("text\n", run.Text);
        Assert.Contains($"kpl: schema version {Id}; --raw", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Behind a VPC endpoint of Kinesis no schema had a name.</summary>
    [Fact]
    public async Task Tail_OfAKinesisOnAnotherMachine_AsksTheRegionsOwnRegistry()
    {
        await using var endpoint = await PutAsync(Frame("text"));
        var environment = new Dictionary<string, string>(Keys) { ["http_proxy"] = endpoint.Url, ["https_proxy"] = "http://127.0.0.1:9" };
        var run = await CliRun.RunAsync(Stream.Null, ["tail", "--endpoint", "http://kinesis.example"], environment);
        Assert.Equal("text\n", run.Text);
        Assert.Contains("GetSchemaVersion, and failed with ConnectionFailed", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tail_WhereGlueRefuses_GoesOn_AndAsksNoMore()
    {
        await using var endpoint = await PutAsync(Frame("a"), Frame("b", Guid.Parse("8f1bd9a4-3c5e-4b8d-9a56-0c2f4d1e8b77")));
        await using var glue = new GlueServer(static (_, _) => GlueServer.Error("AccessDeniedException", "not you"));
        var run = await TailAsync(endpoint, glue);
        Assert.Equal((0, "a b"), (run.ExitCode, string.Join(' ', run.Lines.Order(StringComparer.Ordinal))));
        Assert.Contains("allow glue:GetSchemaVersion", run.Error, StringComparison.Ordinal);
        Assert.Single(glue.Operations);
    }

    [Theory]
    [InlineData("030500112233445566778899aabbccddeeff0102")]
    [InlineData("03007f1bd9a43c5eab8d9a560c2f4d1e8b7761")]
    [InlineData("03057f1bd9a43c5e4b8d9a560c2f4d1e8b77789c0300")]
    public async Task Tail_OfDataThatOnlyBeginsLikeAFrame_WritesItAsItIs(string hex)
    {
        await using var endpoint = await PutAsync(Convert.FromHexString(hex));
        var run = await CliRun.RunAsync(["tail", "--endpoint", endpoint.Url]);
        Assert.Equal([.. Convert.FromHexString(hex), (byte)'\n'], run.Output);
    }

    [Fact]
    public async Task Inspect_OfAFramedRecord_ShowsWhatIsInside_AndAsksNobodyByItself()
    {
        var run = await CliRun.RunAsync(Frame("""{"n":1}""", isCompressed: true), ["inspect"]);
        Assert.Contains($"data: Glue schema version {Id}, zlib, 7 bytes: '{{\"n\":1}}'", run.Text, StringComparison.Ordinal);
        Assert.Contains("1 schema version of AWS Glue's registry; --schema asks it for the names", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InspectWithSchema_OfAnAggregate_NamesTheSchemasOfItsMembers()
    {
        await using var endpoint = await PutAsync(Frame("one"), Frame("two"));
        await using var glue = Glue();
        var aggregate = Assert.Single(endpoint.Kinesis.GetApplied(Endpoint.Stream)).Data;
        var run = await CliRun.RunAsync(new MemoryStream(aggregate), ["inspect", "--schema"], environment: With(glue));
        run.AssertOutput(0, $"Glue schema version {Id}, 3 bytes: 'two'", $"schema version {Id} is version 3 of 'orders' (AVRO)\n\"the definition\"\n");
    }

    /// <summary>Whoever may register a schema could name the window of who looked at it, or have the terminal type for him.</summary>
    [Theory]
    [InlineData(true, "\\u001b]0;mine\\u0007\n\t}\n")]
    [InlineData(false, "\u001b]0;mine\u0007\r\n\t}\n")]
    public async Task InspectWithSchema_OnATerminal_EscapesWhatADefinitionSteersItBy(bool isTerminal, string shown)
    {
        await using var glue = Glue("\u001b]0;mine\u0007\r\n\t}");
        var run = await CliRun.RunAsync(new MemoryStream(Frame("one")), ["inspect", "--schema"], environment: With(glue), terminal: isTerminal);
        Assert.EndsWith($"(AVRO)\n{shown}", run.Text, StringComparison.Ordinal);
    }

    private static Task<CliRun> TailAsync(Endpoint endpoint, GlueServer glue, params string[] more) =>
        CliRun.RunAsync(Stream.Null, ["tail", "--endpoint", endpoint.Url, .. more], environment: With(glue));

    private static Dictionary<string, string> With(GlueServer glue) => new(Keys) { ["AWS_ENDPOINT_URL_GLUE"] = glue.Url };

    private static GlueServer Glue(string definition = "\"the definition\"") => new((_, _) => (200, JsonSerializer.Serialize(new
    {
        SchemaVersionId = Id, Status = "AVAILABLE", DataFormat = "AVRO", VersionNumber = 3, SchemaDefinition = definition,
        SchemaArn = "arn:aws:glue:eu-west-1:123456789012:schema/default-registry/orders",
    })));

    private static byte[] Frame(string text, Guid? id = null, bool isCompressed = false)
    {
        var data = Encoding.UTF8.GetBytes(text);
        if (isCompressed)
        {
            using var compressed = new MemoryStream();
            using (var zlib = new ZLibStream(compressed, CompressionMode.Compress, leaveOpen: true))
                zlib.Write(data);
            data = compressed.ToArray();
        }

        return [3, (byte)(isCompressed ? 5 : 0), .. (id ?? Id).ToByteArray(bigEndian: true), .. data];
    }

    /// <summary>Starts an endpoint with these records, in one aggregate.</summary>
    private static async Task<Endpoint> PutAsync(params byte[][] data)
    {
        var endpoint = await Endpoint.StartAsync(1);
        await using var producer = KplProducer.Create(new KplOptions
        {
            Kinesis = { EndpointUrl = new Uri(endpoint.Url), Region = "eu-west-1", AccessKeyId = "AKID", SecretAccessKey = "secret" },
            RequestTimeout = TimeSpan.FromMinutes(10),
        });
        Assert.All(await producer.PutAsync(Endpoint.Stream, data.Select(static d => new UserRecord("k", d))), static r => Assert.True(r.IsSuccess));
        return endpoint;
    }
}
