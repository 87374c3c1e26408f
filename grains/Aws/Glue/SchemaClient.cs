using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Glue;

/// <summary>The calls to Glue's schema registry. One call is one attempt; every failure is a <see cref="KinesisException"/>.</summary>
internal interface ISchemaCalls
{
    /// <summary>Finds the version of a schema that has a definition; Glue compares definitions without regard to blanks.</summary>
    Task<RegisteredVersion> GetByDefinitionAsync(string registry, string name, string definition, CancellationToken cancellationToken);

    /// <summary>Describes a version.</summary>
    Task<RegisteredVersion> GetVersionAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Creates a schema with its first version.</summary>
    Task<RegisteredVersion> CreateAsync(SchemaCreation creation, CancellationToken cancellationToken);

    /// <summary>Adds a version to a schema; one that is there already is returned.</summary>
    Task<RegisteredVersion> RegisterAsync(string registry, string name, string definition, CancellationToken cancellationToken);

    /// <summary>Notes something about a version.</summary>
    Task PutMetadataAsync(Guid id, string key, string value, CancellationToken cancellationToken);
}

/// <summary>Calls Glue's schema registry over pooled connections, with signed requests in AWS JSON 1.1.</summary>
internal sealed class SchemaClient : ISchemaCalls, IDisposable
{
    private const int MaxConnections = 4;

    private readonly HttpMessageInvoker _http;
    private readonly KinesisCaller _caller;
    private readonly StreamTarget _target;
    private readonly StreamRoute _route;

    private SchemaClient(AwsConnection reached, TimeSpan timeout, TimeProvider time)
    {
        Location = reached.Location;
        _http = new HttpMessageInvoker(reached.Handler, disposeHandler: true);
        var routes = new StreamRoutes(Location, useArnHost: false, time);
        _caller = new KinesisCaller(_http, routes, reached.Credentials, new RequestSigner(Location.Region, "glue"), reached.Credentials.Clock, time);
        // No call names a stream: the process' own credentials sign all of them.
        _target = new StreamTarget("-", null, timeout);
        _route = routes.For(_target.Stream);
    }

    /// <summary>Endpoint and region.</summary>
    public KinesisLocation Location { get; }

    /// <summary>Makes a client; nothing is sent and no credentials are fetched before the first call.</summary>
    /// <param name="settings">How Kinesis is reached, with Glue's own endpoint, or with none for the region's.</param>
    /// <param name="environment">AWS's environment variables and profiles.</param>
    /// <exception cref="KinesisSettingsException">No call can be made with these settings.</exception>
    public static SchemaClient Create(KinesisOptions settings, AwsEnvironment environment, TimeSpan timeout, TimeProvider time) =>
        new(AwsConnection.Open(AwsService.Glue, settings, environment, MaxConnections, time), timeout, time);

    public Task<RegisteredVersion> GetByDefinitionAsync(string registry, string name, string definition, CancellationToken cancellationToken) =>
        CallAsync("GetSchemaByDefinition", json => WriteDefinition(json, registry, name, definition), cancellationToken);

    public Task<RegisteredVersion> GetVersionAsync(Guid id, CancellationToken cancellationToken) =>
        CallAsync("GetSchemaVersion", json => json.WriteString("SchemaVersionId"u8, id), cancellationToken);

    public Task<RegisteredVersion> CreateAsync(SchemaCreation creation, CancellationToken cancellationToken) => CallAsync("CreateSchema", json =>
    {
        json.WriteStartObject("RegistryId"u8);
        json.WriteString("RegistryName"u8, creation.Registry);
        json.WriteEndObject();
        json.WriteString("SchemaName"u8, creation.Name);
        json.WriteString("DataFormat"u8, creation.DataFormat);
        json.WriteString("Compatibility"u8, creation.Compatibility);
        if (!string.IsNullOrEmpty(creation.Description))
            json.WriteString("Description"u8, creation.Description);
        json.WriteStartObject("Tags"u8);
        foreach (var (key, value) in creation.Tags)
            json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteString("SchemaDefinition"u8, creation.Definition);
    }, cancellationToken);

    public Task<RegisteredVersion> RegisterAsync(string registry, string name, string definition, CancellationToken cancellationToken) =>
        CallAsync("RegisterSchemaVersion", json => WriteDefinition(json, registry, name, definition), cancellationToken);

    public Task PutMetadataAsync(Guid id, string key, string value, CancellationToken cancellationToken) => CallAsync("PutSchemaVersionMetadata", json =>
    {
        json.WriteString("SchemaVersionId"u8, id);
        json.WriteStartObject("MetadataKeyValue"u8);
        json.WriteString("MetadataKey"u8, key);
        json.WriteString("MetadataValue"u8, value);
        json.WriteEndObject();
    }, default(ReplyReaders<object>), cancellationToken);

    public void Dispose() => _http.Dispose();

    /// <summary>Writes what GetSchemaByDefinition and RegisterSchemaVersion ask for.</summary>
    private static void WriteDefinition(Utf8JsonWriter json, string registry, string name, string definition)
    {
        json.WriteStartObject("SchemaId"u8);
        json.WriteString("RegistryName"u8, registry);
        json.WriteString("SchemaName"u8, name);
        json.WriteEndObject();
        json.WriteString("SchemaDefinition"u8, definition);
    }

    /// <summary>Reads a version; CreateSchema calls its status SchemaVersionStatus.</summary>
    private static RegisteredVersion ReadVersion(ref Utf8JsonReader json)
    {
        var version = json.ReadAs(SchemaAnswers.Default.RegisteredVersion);
        return version.Status.Length > 0 ? version
            : version.SchemaVersionStatus is { } status ? version with { Status = status }
            : throw new JsonException("The answer has no status.");
    }

    private Task<RegisteredVersion> CallAsync(string operation, Action<Utf8JsonWriter> members, CancellationToken cancellationToken) =>
        CallAsync(operation, members, new ReplyReaders<RegisteredVersion>(ReadVersion), cancellationToken);

    private async Task<T> CallAsync<T>(string operation, Action<Utf8JsonWriter> members, ReplyReaders<T> readers, CancellationToken cancellationToken) =>
        await _caller.CallAsync(
            new KinesisOperation(operation, OperationKind.Regional, "AWSGlue"), _target, _route,
            new BufferedBody(members), readers, cancellationToken).ConfigureAwait(false);
}

/// <summary>A schema version, as Glue tells it.</summary>
/// <param name="Id">The id that frames carry.</param>
/// <param name="Status">AVAILABLE, PENDING, FAILURE or DELETING.</param>
internal sealed record RegisteredVersion([property: JsonPropertyName("SchemaVersionId")] Guid Id, string Status = "")
{
    /// <summary>The status, as CreateSchema calls it.</summary>
    public string? SchemaVersionStatus { get; init; }

    /// <summary>The ARN of the schema; null where the answer has none.</summary>
    public string? SchemaArn { get; init; }

    /// <summary>AVRO, JSON or PROTOBUF; null where the answer has none.</summary>
    public string? DataFormat { get; init; }

    /// <summary>The definition; null where the answer has none.</summary>
    [JsonPropertyName("SchemaDefinition")]
    public string? Definition { get; init; }

    /// <summary>The number within the schema, from 1; null where the answer has none.</summary>
    [JsonPropertyName("VersionNumber")]
    public long? Number { get; init; }
}

/// <summary>The request of CreateSchema.</summary>
/// <param name="DataFormat">AVRO, JSON or PROTOBUF.</param>
/// <param name="Compatibility">How later versions must be compatible, such as BACKWARD.</param>
internal sealed record SchemaCreation(
    string Registry, string Name, string Definition, string DataFormat, string Compatibility, string? Description, IReadOnlyDictionary<string, string> Tags);

/// <summary>The answers, which are read by the types that they have.</summary>
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RegisteredVersion))]
internal sealed partial class SchemaAnswers : JsonSerializerContext;
