using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Aws.Wire;

namespace Orleans.Kpl.Aws.Glue;

/// <summary>The operations of Glue's schema registry: requests and answers (AWS Glue API reference, Schema registry).</summary>
internal static class SchemaOperations
{
    public static readonly KinesisOperation ByDefinition = Of("GetSchemaByDefinition");

    public static readonly KinesisOperation Version = Of("GetSchemaVersion");

    public static readonly KinesisOperation Create = Of("CreateSchema");

    public static readonly KinesisOperation Register = Of("RegisterSchemaVersion");

    public static readonly KinesisOperation PutMetadata = Of("PutSchemaVersionMetadata");

    /// <summary>Writes the request of GetSchemaByDefinition, and of RegisterSchemaVersion: they have the same members.</summary>
    public static BufferedBody DefinitionRequest(string registry, string name, string definition) =>
        BufferedBody.Write((registry, name, definition), static (json, state) =>
        {
            json.WriteStartObject("SchemaId"u8);
            json.WriteString("RegistryName"u8, state.registry);
            json.WriteString("SchemaName"u8, state.name);
            json.WriteEndObject();
            json.WriteString("SchemaDefinition"u8, state.definition);
        });

    public static BufferedBody VersionRequest(Guid id) => BufferedBody.Write(id, static (json, state) => json.WriteString("SchemaVersionId"u8, state));

    public static BufferedBody CreateRequest(SchemaCreation creation) => BufferedBody.Write(creation, static (json, state) =>
    {
        json.WriteStartObject("RegistryId"u8);
        json.WriteString("RegistryName"u8, state.Registry);
        json.WriteEndObject();
        json.WriteString("SchemaName"u8, state.Name);
        json.WriteString("DataFormat"u8, state.DataFormat);
        json.WriteString("Compatibility"u8, state.Compatibility);
        if (!string.IsNullOrEmpty(state.Description))
            json.WriteString("Description"u8, state.Description);
        json.WriteStartObject("Tags"u8);
        foreach (var (key, value) in state.Tags)
            json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteString("SchemaDefinition"u8, state.Definition);
    });

    public static BufferedBody MetadataRequest(Guid id, string key, string value) => BufferedBody.Write((id, key, value), static (json, state) =>
    {
        json.WriteString("SchemaVersionId"u8, state.id);
        json.WriteStartObject("MetadataKeyValue"u8);
        json.WriteString("MetadataKey"u8, state.key);
        json.WriteString("MetadataValue"u8, state.value);
        json.WriteEndObject();
    });

    /// <summary>Reads the answer of each operation that returns a version; CreateSchema calls the status of the version SchemaVersionStatus.</summary>
    public static RegisteredVersion ReadVersion(ref Utf8JsonReader json)
    {
        var answer = json.ReadAs(SchemaAnswers.Default.VersionAnswer);
        var status = answer.Status ?? answer.SchemaVersionStatus ?? throw new JsonException("The answer has no status.");
        return new RegisteredVersion(answer.SchemaVersionId, status)
        {
            SchemaArn = answer.SchemaArn, DataFormat = answer.DataFormat, Definition = answer.SchemaDefinition, Number = answer.VersionNumber,
        };
    }

    private static KinesisOperation Of(string name) => new(name, OperationKind.Regional, "AWSGlue");
}

/// <summary>A version as an answer tells it.</summary>
internal sealed record VersionAnswer(
    Guid SchemaVersionId, string? Status = null, string? SchemaVersionStatus = null, string? SchemaArn = null, string? DataFormat = null,
    string? SchemaDefinition = null, long? VersionNumber = null);

/// <summary>The answers, which are read by the types that they have.</summary>
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(VersionAnswer))]
internal sealed partial class SchemaAnswers : JsonSerializerContext;
