using System.Text;
using System.Text.Json;
using Amazon.Runtime;

namespace Orleans.Kpl.Glue.Tests.Wire;

/// <summary>What goes over the wire, and what comes of what Glue answers.</summary>
public sealed class GlueWireTests
{
    private const string Definition = """{"type":"object"}""";

    private static readonly GlueSchema Orders = new(Definition, GlueDataFormat.Json, "orders");
    private static readonly Guid Id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private readonly PromptTime _time = new(TimeSpan.FromSeconds(3));

    [Fact]
    public async Task Requests_AreThoseOfGluesApi_SignedForGlue()
    {
        await using var server = new GlueServer(static (operation, _) => operation switch
        {
            "GetSchemaByDefinition" => GlueServer.Error("EntityNotFoundException", "Schema is not found. RegistryName: r, SchemaName: orders"),
            "CreateSchema" => (200, $$"""{"SchemaArn":"arn:aws:glue:eu-west-1:1:schema/r/orders","SchemaStatus":"AVAILABLE","SchemaVersionId":"{{Id}}","SchemaVersionStatus":"PENDING"}"""),
            "GetSchemaVersion" => (200, $$"""{"SchemaVersionId":"{{Id}}","Status":"AVAILABLE","DataFormat":"JSON","VersionNumber":1,"CreatedTime":"now"}"""),
            _ => (200, $$"""{"SchemaVersionId":"{{Id}}","MetadataKey":"x","VersionNumber":1}"""),
        });
        using var registry = server.Connect(new GlueOptions { RegistryName = "r", AutoRegistration = true, Description = "d" }, _time);
        var framed = await registry.EncodeAsync(Orders, "{}"u8.ToArray(), "events", TestContext.Current.CancellationToken);

        Assert.True(GlueSchemaRegistry.TryRead(framed, out var frame));
        Assert.Equal((Id, "{}"), (frame.VersionId, Encoding.UTF8.GetString(frame.Unpack().Span)));
        Assert.Equal(["GetSchemaByDefinition", "CreateSchema", "GetSchemaVersion", "PutSchemaVersionMetadata"], server.Operations);
        string[] bodies =
        [
            """{"SchemaId":{"RegistryName":"r","SchemaName":"orders"},"SchemaDefinition":"{\"type\":\"object\"}"}""",
            """{"RegistryId":{"RegistryName":"r"},"SchemaName":"orders","DataFormat":"JSON","Compatibility":"BACKWARD","Description":"d","Tags":{},"SchemaDefinition":"{\"type\":\"object\"}"}""",
            $$"""{"SchemaVersionId":"{{Id}}"}""",
            $$$"""{"SchemaVersionId":"{{{Id}}}","MetadataKeyValue":{"MetadataKey":"x-amz-meta-transport","MetadataValue":"events"}}""",
        ];
        Assert.Equal(bodies.Select(Normal), server.Requests.Select(static r => Normal(r.BodyText)));
        Assert.All(server.Requests, static r =>
        {
            Assert.Equal("application/x-amz-json-1.1", r.Header("Content-Type"));
            Assert.Matches("^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/[0-9]{8}/eu-west-1/glue/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, ", r.Header("Authorization"));
        });
    }

    /// <summary>A registry in another account: the credentials for Kinesis do not serve there.</summary>
    [Fact]
    public async Task Credentials_OfTheRegistrysOwn_SignItsRequests()
    {
        await using var server = new GlueServer(static (_, _) => (200, $$"""{"SchemaVersionId":"{{Id}}","Status":"AVAILABLE"}"""));
        using var registry = server.Connect(new GlueOptions().UseAwsCredentials(new SessionAWSCredentials("OTHER", "secret", "token")), _time);
        await registry.EncodeAsync(Orders, "{}"u8.ToArray(), "events", TestContext.Current.CancellationToken);

        var request = Assert.Single(server.Requests);
        Assert.StartsWith("AWS4-HMAC-SHA256 Credential=OTHER/", request.Header("Authorization"), StringComparison.Ordinal);
        Assert.Equal("token", request.Header("X-Amz-Security-Token"));
    }

    [Fact]
    public async Task Throttling_AndAFaultOfTheService_ArePassedOver()
    {
        var calls = 0;
        await using var server = new GlueServer((_, _) => ++calls switch
        {
            1 => GlueServer.Error("ThrottlingException", "Rate exceeded"),
            2 => GlueServer.Error("InternalServiceException", "sorry", 500),
            3 => (503, "<html>busy</html>"),
            _ => (200, $$"""{"SchemaVersionId":"{{Id}}","Status":"AVAILABLE"}"""),
        });
        using var registry = server.Connect(new GlueOptions(), _time);
        Assert.True(GlueSchemaRegistry.TryRead(await registry.EncodeAsync(Orders, "{}"u8.ToArray(), "events"), out var frame));
        Assert.Equal((Id, 4), (frame.VersionId, calls));
    }

    [Fact]
    public async Task Race_LostToAnotherProcess_EndsWithTheVersionOfBoth()
    {
        await using var server = new GlueServer(static (operation, _) => operation switch
        {
            "GetSchemaByDefinition" => GlueServer.Error("EntityNotFoundException", "Schema is not found."),
            "CreateSchema" => GlueServer.Error("com.amazonaws.glue#AlreadyExistsException", "Schema already exists."),
            "RegisterSchemaVersion" => (200, $$"""{"SchemaVersionId":"{{Id}}","VersionNumber":1,"Status":"AVAILABLE"}"""),
            _ => GlueServer.Error("AlreadyExistsException", "Resource already exist for schema version id"),
        });
        var warnings = new List<string>();
        using var registry = server.Connect(new GlueOptions { AutoRegistration = true }, _time);
        registry.Warned += warnings.Add;
        Assert.True(GlueSchemaRegistry.TryRead(await registry.EncodeAsync(Orders, "{}"u8.ToArray(), "events"), out var frame));
        Assert.Equal((Id, 0), (frame.VersionId, warnings.Count));
    }

    private static string Normal(string json) => JsonSerializer.Serialize(JsonDocument.Parse(json).RootElement);
}
