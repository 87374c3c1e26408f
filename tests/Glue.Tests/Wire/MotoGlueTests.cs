using System.Text;
using System.Text.Json;
using Orleans.Kpl.Metrics.Tests.CloudWatch;

namespace Orleans.Kpl.Glue.Tests.Wire;

/// <summary>A Glue that is not ours: moto, a Python package, which boto3 asks too. Frames are read by Python's struct and zlib.</summary>
[Trait("Category", "Long")]
public sealed class MotoGlueTests
{
    private const string Client = """
        import base64, boto3, json, struct, sys, uuid, zlib
        glue = boto3.client("glue", endpoint_url=sys.argv[1], region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")

        """;

    private const string Definition = """{"type":"record","name":"Order","fields":[{"name":"n","type":"int"}]}""";
    private const string Wider = """{"type":"record","name":"Order","fields":[{"name":"n","type":"int"},{"name":"text","type":"string","default":"é"}]}""";

    [Fact]
    public async Task Schemas_ThatWeRegister_AreFoundByBoto3_AndTheReverse()
    {
        await using var moto = await Moto.StartAsync();
        var options = new KplOptions { Kinesis = { Region = "eu-west-1", AccessKeyId = "a", SecretAccessKey = "b" } };
        var glue = new GlueOptions
        {
            EndpointUrl = moto.Url, RegistryName = "ours", AutoRegistration = true, Compression = GlueCompression.Zlib, Description = "of a test",
            Metadata = new Dictionary<string, string> { ["build"] = "17" },
        };
        await moto.AskAsync(Client + "glue.create_registry(RegistryName='ours')");

        // We register two versions; boto3 finds both, and Python reads the frame.
        using var registry = GlueSchemaRegistry.Create(options, glue);
        List<string> warnings = [];
        registry.Warned += warnings.Add;
        await registry.EncodeAsync(new GlueSchema(Definition, GlueDataFormat.Avro, "orders"), "1"u8.ToArray(), "events");
        var framed = await registry.EncodeAsync(new GlueSchema(Wider, GlueDataFormat.Avro, "orders"), Encoding.UTF8.GetBytes("Grüße"), "events");
        Assert.Empty(warnings);
        var output = await moto.AskAsync(Client + """
            version, compression, most, least = struct.unpack(">BBQQ", (frame := base64.b64decode(sys.argv[2]))[:18])
            id = str(uuid.UUID(int=most << 64 | least))
            found = glue.get_schema_version(SchemaVersionId=id)

            def has_note(key, value):  # moto cannot be asked for notes, and refuses one that is there
                try:
                    glue.put_schema_version_metadata(SchemaVersionId=id, MetadataKeyValue={"MetadataKey": key, "MetadataValue": value})
                    return False
                except glue.exceptions.AlreadyExistsException:
                    return True

            schema = glue.get_schema(SchemaId={"RegistryName": "ours", "SchemaName": "orders"})
            print(json.dumps([version, compression, zlib.decompress(frame[18:]).decode(), found["SchemaDefinition"], found["VersionNumber"],
                found["DataFormat"], has_note("x-amz-meta-transport", "events"), has_note("build", "17"), has_note("build", "18"), schema["Compatibility"], schema["Description"]]))
            """, Convert.ToBase64String(framed.Span));
        Assert.Equal(JsonSerializer.Serialize<object[]>([3, 5, "Grüße", Wider, 2, "AVRO", true, true, false, "BACKWARD", "of a test"]),
            JsonSerializer.Serialize(JsonDocument.Parse(output).RootElement.EnumerateArray()));

        // boto3 registers; we find it without the right to register, and describe it.
        output = await moto.AskAsync(Client + """
            print(glue.create_schema(RegistryId={"RegistryName": "ours"}, SchemaName="theirs", DataFormat="JSON", Compatibility="NONE",
                SchemaDefinition=sys.argv[2])["SchemaVersionId"])
            """, """{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}""");
        glue.AutoRegistration = false;
        using var reader = GlueSchemaRegistry.Create(options, glue);
        var theirs = new GlueSchema("""{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}""", GlueDataFormat.Json, "theirs");
        Assert.True(GlueSchemaRegistry.TryRead(await reader.EncodeAsync(theirs, "{}"u8.ToArray(), "events"), out var frame));
        Assert.Equal(Guid.Parse(output.Trim()), frame.VersionId);
        var version = await reader.GetVersionAsync(frame.VersionId);
        Assert.Equal(("theirs", "JSON", theirs.Definition), (version.SchemaName, version.DataFormat, version.Definition));

        var unknown = new GlueSchema("{}", GlueDataFormat.Json, "no");
        var error = await Assert.ThrowsAsync<GlueSchemaException>(() => reader.EncodeAsync(unknown, "{}"u8.ToArray(), "events").AsTask());
        Assert.Equal(GlueErrorCodes.NotRegistered, error.Code);
    }
}
